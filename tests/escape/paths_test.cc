// No file of the host that was not granted can be read or written under any name.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"
#include "util/file.h"

namespace fs = std::filesystem;
using cloche::Result;
using cloche::UniqueFd;

namespace {

// A picture of a tree, in which every change would show.
std::string picture_of(const std::string& directory) {
  std::ostringstream text;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    struct stat status {};
    ::lstat(entry.path().c_str(), &status);
    text << entry.path() << ' ' << status.st_mode << ' ' << status.st_uid << ' ' << status.st_size
         << ' ' << status.st_nlink << ' ' << status.st_mtim.tv_sec << '.' << status.st_mtim.tv_nsec
         << ' ' << status.st_ctim.tv_sec << '.' << status.st_ctim.tv_nsec << '\n';
  }
  return text.str();
}

}  // namespace

TEST_CASE("a file of the host cannot be reached by any path") {
  const Canary canary(0666);
  CHECK_THAT(act_outside({"paths", "look", canary.path()}), ContainsSubstring(canary.secret()));
  // A second bind with a link in it that points out.
  const Canary bound(0666);
  fs::create_directory_symlink("/", bound.directory() + "/link");
  cloche::Spec spec = hostile_spec();
  spec.binds = {{bound.directory(), "/bound"}};
  for (const cloche::Spec& each : {hostile_spec(), spec}) {
    const Result result = attack({"paths", "read", canary.path()}, each);
    CHECK_THAT(result.out.bytes, !ContainsSubstring(canary.secret()));
    CHECK(canary.untouched());
  }
}

TEST_CASE("a directory that moves while it is walked leads nowhere") {
  const Canary canary;
  const Result result = attack({"paths", "race", canary.path(), "300"});
  CHECK_THAT(result.out.bytes, !ContainsSubstring(canary.secret()));
  CHECK(got_through(result.out.bytes) == "");
  CHECK(result.exit_code == 0);
}

TEST_CASE("files cannot be opened by handle") {
  const Result result = attack({"paths", "handles"});
  CHECK(answers(result.out.bytes).size() == 2);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("the root file system and binds stay as they are") {
  // On the host, everything here is writable for everyone: only the mounts protect it.
  const Canary bound(0666);
  fs::permissions(bound.directory(), fs::perms(0777));
  fs::create_directory(bound.directory() + "/sub");
  fs::permissions(bound.directory() + "/sub", fs::perms(0777));
  cloche::Spec spec = hostile_spec();
  spec.binds = {{bound.directory(), "/bound"}};
  attack({"verdict", "exit"}, spec);  // makes everything that is made only once
  const std::string rootfs = picture_of(hostile_rootfs());
  const std::string bind = picture_of(bound.directory());
  const Result result = attack({"paths", "change"}, spec);
  CHECK_THAT(result.out.bytes, !ContainsSubstring("opened /hostile"));
  CHECK_THAT(result.out.bytes, !ContainsSubstring("/bound"));
  CHECK_THAT(result.out.bytes, !ContainsSubstring("/etc"));
  CHECK(picture_of(hostile_rootfs()) == rootfs);
  CHECK(picture_of(bound.directory()) == bind);
  // Without the sandbox, the act would have changed the file.
  CHECK(cloche::read_file(bound.path()) == bound.secret());
}

TEST_CASE("a root file system that may be written to leads nowhere, and stays as it is") {
  const Canary canary(0666), bound(0666);
  fs::permissions(bound.directory(), fs::perms(0777));
  cloche::Spec spec = hostile_spec();
  spec.binds = {{bound.directory(), "/bound"}};
  spec.writable.emplace();
  try {
    attack({"verdict", "exit"}, spec);
  } catch (const cloche::Error& error) {
    REQUIRE(error.kind() == cloche::ErrorKind::unsupported);
    WARN("no writable root file systems here: " << error.what());
    return;
  }
  const std::string rootfs = picture_of(hostile_rootfs());
  const std::string bind = picture_of(bound.directory());
  const Result changed = attack({"paths", "change"}, spec);
  CHECK_THAT(changed.out.bytes, ContainsSubstring("/etc"));
  CHECK_THAT(changed.out.bytes, !ContainsSubstring("/bound"));
  CHECK_THAT(attack({"paths", "read", canary.path()}, spec).out.bytes,
             !ContainsSubstring(canary.secret()));
  const Result race = attack({"paths", "race", canary.path(), "300"}, spec);
  CHECK_THAT(race.out.bytes, !ContainsSubstring(canary.secret()));
  CHECK(got_through(race.out.bytes) == "");
  CHECK_THAT(attack({"identity", "set-id", "/hostile"}, spec).out.bytes,
             !ContainsSubstring("uids 1000 0"));
  CHECK(picture_of(hostile_rootfs()) == rootfs);
  CHECK(picture_of(bound.directory()) == bind);
  CHECK(canary.untouched());
}

TEST_CASE("a pipe of the host in a read-only bind cannot be written to") {
  // A read-only mount does not prevent writing to a pipe; Landlock does.
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1 /* VERSION */) < 1) {
    WARN("this kernel has no Landlock");
    return;
  }
  const Canary bound;
  const std::string pipe = bound.directory() + "/pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0666) == 0);
  fs::permissions(pipe, fs::perms(0666));
  const UniqueFd reader(::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  REQUIRE(reader.get() >= 0);
  cloche::Spec spec = hostile_spec();
  spec.binds = {{bound.directory(), "/bound"}};
  const Result result = attack({"paths", "speak", "/bound/pipe"}, spec);
  char bytes[16];
  CHECK(::read(reader.get(), bytes, sizeof bytes) <= 0);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("a set-id file, a device and a link in a bind are harmless") {
  const Canary canary, bound;
  fs::create_symlink(canary.path(), bound.directory() + "/link");
  fs::copy_file(HOSTILE, bound.directory() + "/set-id");
  ::chmod((bound.directory() + "/set-id").c_str(), 06755);
  cloche::Spec spec = hostile_spec();
  spec.binds = {{bound.directory(), "/bound"}};
  const Result result = attack({"identity", "set-id", "/bound/set-id"}, spec);
  // Both copies ran, and neither became another user.
  CHECK_THAT(result.out.bytes, ContainsSubstring("uids 1000 1000 1000\ngids 1000 1000 1000\n"));
  CHECK_THAT(result.out.bytes, !ContainsSubstring("uids 1000 0"));
  const Result link = attack({"paths", "read", "/bound/link"}, spec);
  CHECK_THAT(link.out.bytes, !ContainsSubstring(canary.secret()));
  CHECK(canary.untouched());
}
