// Many sandboxes one after the other: none leaves anything behind.
#include <unistd.h>

#include "../sandbox/fixture.h"
#include "catch.h"
#include "held.h"

TEST_CASE("thousands of runs leave nothing behind") {
  const unsigned runs = wanted_runs(::geteuid() == 0 ? 20000 : 2000);
  const auto run = [](unsigned i) {
    const int code = static_cast<int>(i % 200);
    const cloche::Result result = run_probe({"exit", std::to_string(code)});
    if (result.exit_code != code) FAIL("run " << i << " ended otherwise: " << result.reason);
  };
  // Warm up: some objects are made once, and the allocator needs time to settle.
  for (unsigned i = 0; i < 100; ++i) run(i);
  const Held before = held();
  const std::size_t memory_before = resident_bytes();
  for (unsigned i = 0; i < runs; ++i) run(i);
  CHECK(to_string(held()) == to_string(before));
  // A few pages for the allocator, plus less per run than the smallest object that a run could
  // leak.
  CHECK(resident_bytes() < memory_before + (256 << 10) + runs * 16);
}

TEST_CASE("a sandbox that runs a thousand programs keeps nothing of them") {
  cloche::Sandbox sandbox(probe_spec());
  const auto run = [&](unsigned i) {
    const std::string text = "round " + std::to_string(i);
    if (sandbox.exec(probe({"arguments", text})).out.bytes != text + "\n") FAIL(text);
    sandbox.put("file", text);
    if (sandbox.get("file") != text) FAIL("the file of " << text);
  };
  for (unsigned i = 0; i < 50; ++i) run(i);
  const Held before = held();
  for (unsigned i = 0; i < wanted_runs(1000); ++i) run(i);
  CHECK(to_string(held()) == to_string(before));
}
