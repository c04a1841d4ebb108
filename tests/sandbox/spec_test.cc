// A Spec that makes no sense is refused with a reason.
#include <stdlib.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using cloche::Error;
using cloche::ErrorKind;
using cloche::Sandbox;
using cloche::Spec;

namespace {

ErrorKind kind_of(const Spec& spec, const std::string& mentions) {
  try {
    Sandbox sandbox(spec);
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring(mentions));
    return error.kind();
  }
  FAIL("no error");
  return ErrorKind::internal;
}

}  // namespace

TEST_CASE("the error names the missing file") {
  Spec spec = probe_spec();
  spec.rootfs = "/nonexistent/rootfs";
  CHECK(kind_of(spec, "/nonexistent/rootfs") == ErrorKind::no_input);
  spec = probe_spec();
  spec.tmpfs.push_back({"/missing"});
  CHECK(kind_of(spec, "/missing") == ErrorKind::no_input);
  spec = probe_spec();
  spec.binds = {{"/nonexistent/source", "/bound"}};
  CHECK(kind_of(spec, "/nonexistent/source") == ErrorKind::no_input);
  spec = probe_spec();
  spec.seccomp = "no-such-profile";
  CHECK(kind_of(spec, "no-such-profile") == ErrorKind::no_input);
}

TEST_CASE("a Spec that makes no sense is refused") {
  Spec spec = probe_spec();
  spec.rootfs.clear();
  CHECK(kind_of(spec, "root file system") == ErrorKind::usage);
  spec = probe_spec();
  spec.hostname = std::string(65, 'x');
  CHECK(kind_of(spec, "host name") == ErrorKind::usage);
  spec = probe_spec();
  spec.tmpfs = {{"relative"}};
  CHECK(kind_of(spec, "relative") == ErrorKind::usage);
  spec = probe_spec();
  spec.work_dir = "here";
  CHECK(kind_of(spec, "work directory") == ErrorKind::usage);
  Sandbox sandbox(probe_spec());
  CHECK_THROWS_AS(sandbox.exec(cloche::Command{}), Error);
}

TEST_CASE("an image cannot say where mounts go") {
  namespace fs = std::filesystem;
  std::string rootfs = "/tmp/cloche-hostile-XXXXXX";
  REQUIRE(::mkdtemp(rootfs.data()) != nullptr);
  fs::permissions(rootfs, fs::perms(0755));
  fs::create_directory(rootfs + "/proc");
  fs::create_directory(rootfs + "/dev");
  fs::create_directory(rootfs + "/workspace");
  fs::create_directory(rootfs + "/etc");
  fs::create_directory_symlink("/etc", rootfs + "/tmp");
  Spec spec;
  spec.rootfs = rootfs;
  CHECK(kind_of(spec, "/tmp") != ErrorKind::internal);
  fs::remove_all(rootfs);
}

TEST_CASE("a work directory that cannot be entered is an error of its own") {
  Sandbox sandbox(probe_spec());
  cloche::Command command = probe({"exit", "0"});
  command.work_dir = "/nowhere";
  try {
    sandbox.exec(command);
    FAIL("no error");
  } catch (const cloche::WorkDirError& error) {
    CHECK(error.errnum() == ENOENT);
    CHECK(error.tried() == "enter the work directory /nowhere");
  }
  command.work_dir.reset();
  CHECK(sandbox.exec(command).exit_code == 0);
}
