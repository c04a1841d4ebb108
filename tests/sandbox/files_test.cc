// Files in and out, when the program has replaced them by links, pipes and other types.
#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using cloche::Sandbox;
using cloche::Spec;

TEST_CASE("a file that was put can be read inside and got back") {
  Sandbox sandbox(probe_spec());
  const std::string content("any\0bytes\xff\n", 11);
  sandbox.put("deep/er/file", content);
  CHECK(sandbox.get("deep/er/file") == content);
  CHECK(sandbox.get("/workspace/deep/er/file") == content);
  CHECK(sandbox.exec(probe({"stat", "/workspace/deep/er/file"})).out.bytes ==
        "/workspace/deep/er/file ok\n");
  // The program owns it and its directory.
  CHECK(sandbox.exec(probe({"write", "deep/er/file"})).out.bytes == "deep/er/file ok\n");
  CHECK(sandbox.exec(probe({"write", "deep/other"})).out.bytes == "deep/other ok\n");
  sandbox.put("deep/er/file", "new");
  CHECK(sandbox.get("deep/er/file") == "new");
  sandbox.put("empty", "");
  CHECK(sandbox.get("empty") == "");
}

TEST_CASE("large files pass whole, and no more than asked for comes out") {
  Sandbox sandbox(probe_spec());
  const std::string large(10 << 20, 'z');
  sandbox.put("large", large);
  CHECK(sandbox.get("large") == large);
  CHECK(sandbox.get("large", 5) == "zzzzz");
}

TEST_CASE("links, pipes and directories are never followed or opened") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(probe({"symlink", "/probe", "link"})).exit_code == 0);
  CHECK(sandbox.get("link") == std::nullopt);
  CHECK(sandbox.exec(probe({"symlink", "/tmp", "directory"})).exit_code == 0);
  sandbox.put("/tmp/target", "behind a link");
  CHECK(sandbox.get("/tmp/target") == "behind a link");
  CHECK(sandbox.get("directory/target") == std::nullopt);
  CHECK_THROWS_AS(sandbox.put("directory/file", "x"), cloche::Error);
  CHECK(sandbox.exec(probe({"stat", "/tmp/file"})).out.bytes == "/tmp/file ENOENT\n");
  CHECK(sandbox.exec(probe({"mkfifo", "pipe"})).exit_code == 0);
  CHECK(sandbox.get("pipe") == std::nullopt);
  CHECK(sandbox.get("/tmp") == std::nullopt);
  CHECK(sandbox.get("/dev/zero") == std::nullopt);
  CHECK(sandbox.get("missing") == std::nullopt);
  // Putting replaces the link itself, not its target.
  sandbox.put("link", "mine");
  CHECK(sandbox.get("link") == "mine");
}

TEST_CASE("a path that climbs or leaves the writable places is refused") {
  Sandbox sandbox(probe_spec());
  CHECK_THROWS_AS(sandbox.put("../../etc/file", "x"), cloche::Error);
  CHECK_THROWS_AS(sandbox.put("/etc/file", "x"), cloche::Error);
  CHECK_THROWS_AS(sandbox.put("", "x"), cloche::Error);
  CHECK_THROWS_AS(sandbox.put(std::string("nul\0", 4), "x"), cloche::Error);
  CHECK(sandbox.get("../../../../../../etc/hostname") == std::nullopt);
  // The sandbox still works.
  CHECK(sandbox.exec(probe({"exit", "0"})).exit_code == 0);
}

TEST_CASE("a full disk is said to be one, and leaves no half file") {
  Spec spec = probe_spec();
  spec.tmpfs = {{"/tmp"}, {"/workspace", 1 << 20}};
  Sandbox sandbox(spec);
  try {
    sandbox.put("large", std::string(2 << 20, 'x'));
    FAIL("no error");
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::no_space);
  }
  CHECK(sandbox.get("large") == std::nullopt);
}
