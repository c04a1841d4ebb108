// The channel keeps exact order with standard output.
#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using cloche::Channel;
using cloche::Command;
using cloche::Result;
using cloche::Sandbox;

TEST_CASE("what was written before a message is seen before it") {
  Sandbox sandbox(probe_spec());
  for (const int fd : {3, 7, 9}) {
    std::string seen;
    Command command = probe({"converse", std::to_string(fd), "50"});
    command.on_output = [&](int, std::string_view bytes) { seen += bytes; };
    command.channel = Channel{fd, "secret\n", [&](std::string_view bytes) {
                                seen += "<" + std::string(bytes.substr(0, bytes.size() - 1)) + ">";
                                return std::string("\n");
                              }};
    const Result result = sandbox.exec(command);
    CHECK(result.exit_code == 0);
    std::string expected;
    for (int i = 0; i < 50; ++i)
      expected += "before " + std::to_string(i) + "\n<secret " + std::to_string(i) + ">";
    CHECK(seen == expected + "after\n");
  }
}

TEST_CASE("a channel that is not answered only stops its own program") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "1"});
  command.limits.emplace().wall_time = std::chrono::milliseconds(200);
  command.channel = Channel{3, "x\n", [](std::string_view) { return std::string(); }};
  CHECK(sandbox.exec(command).status == cloche::Status::time_limit);
}

TEST_CASE("a channel has its place among the descriptors") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"exit", "0"});
  command.channel = Channel{2, "", [](std::string_view) { return std::string(); }};
  CHECK_THROWS_AS(sandbox.exec(command), cloche::Error);
}
