// Files that move from one sandbox to another.
#include <string>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using cloche::Error;
using cloche::ErrorKind;
using cloche::Sandbox;
using cloche::Snapshot;
using cloche::Spec;

TEST_CASE("another sandbox begins with the saved files") {
  std::string before;
  Snapshot snapshot;
  {
    Sandbox sandbox(probe_spec());
    sandbox.put("put", "from outside");
    const auto made = sandbox.exec(probe({"keep"}));
    REQUIRE(made.exit_code == 0);
    snapshot = sandbox.save();
    before = sandbox.exec(probe({"kept"})).out.bytes;
  }
  for (int i = 0; i < 2; ++i) {
    Sandbox sandbox(probe_spec());
    sandbox.load(snapshot);
    CHECK(sandbox.get("put") == "from outside");
    const auto after = sandbox.exec(probe({"kept"}));
    CHECK(after.exit_code == 0);
    // All except the socket, because no process listens at it.
    std::string expected = before;
    const auto socket = expected.find("socket ");
    REQUIRE(socket != expected.npos);
    const auto end = expected.find('\n', socket);
    expected.replace(socket, end - socket, "socket: No such file or directory");
    CHECK(after.out.bytes == expected);
    CHECK_THAT(after.out.bytes, ContainsSubstring("changed at 1234567.89\ncontent\nblocks 1\n"));
    // The next sandbox does not see the file that this one leaves.
    CHECK(sandbox.exec(probe({"write", "left"})).exit_code == 0);
    CHECK(sandbox.exec(probe({"write", "/tmp/left"})).exit_code == 0);
    CHECK(sandbox.get("left").has_value());
  }
  Sandbox sandbox(probe_spec());
  sandbox.load(snapshot);
  CHECK_FALSE(sandbox.get("left").has_value());
  CHECK_FALSE(sandbox.get("/tmp/left").has_value());
}

TEST_CASE("a mount on a memory file system is not part of a snapshot") {
  Spec spec = probe_spec();
  spec.binds = {{probe_rootfs(), "/workspace/bound"}};
  Snapshot snapshot;
  {
    Sandbox sandbox(spec);
    sandbox.put("own", "x");
    snapshot = sandbox.save(4096);
  }
  Sandbox sandbox(spec);
  sandbox.load(snapshot);
  CHECK(sandbox.get("own") == "x");
  CHECK(sandbox.exec(probe({"stat", "/workspace/bound/probe"})).out.bytes ==
        "/workspace/bound/probe ok\n");
}

TEST_CASE("a snapshot has a bound, and needs a file system of memory") {
  Sandbox sandbox(probe_spec());
  sandbox.put("large", std::string(1 << 20, 'x'));
  const auto kind_of = [](Sandbox& of, std::uint64_t most) {
    try {
      of.save(most);
    } catch (const Error& error) {
      return error.kind();
    }
    return ErrorKind::internal;
  };
  CHECK(kind_of(sandbox, 1 << 20) == ErrorKind::too_large);
  // The sandbox still works.
  sandbox.save((1 << 20) + 4096);
  CHECK(sandbox.exec(probe({"exit", "3"})).exit_code == 3);
  CHECK_THROWS_AS(sandbox.load(Snapshot()), Error);
}

TEST_CASE("a directory deeper than a snapshot carries is told") {
  Sandbox sandbox(probe_spec());
  std::string path;
  for (int i = 0; i < 120; ++i) path += "d/";
  sandbox.put(path + "file", "x");
  CHECK_THROWS_AS(sandbox.save(), Error);
}
