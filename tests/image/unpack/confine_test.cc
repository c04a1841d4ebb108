// Tests the confinement of cloche-unpack from inside, with attempts to leave it.
#include "image/unpack/confine.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <sstream>
#include <thread>

#include "catch.h"
#include "image/fixture.h"
#include "util/file.h"

using namespace cloche;
using namespace cloche::image::test;

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

bool has_landlock() {
  if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) >= 2) return true;
  WARN("skipped: this kernel has no Landlock, or its first version");
  return false;
}

// Makes a directory with a file in it.
UniqueFd new_directory(const std::string& path) {
  REQUIRE(::mkdir(path.c_str(), 0755) == 0);
  write(path + "/file", "untouched");
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// The program gets "image" and "pool", but not "other".
struct ConfineStore {
  Directory directory;
  const UniqueFd image = new_directory(directory / "image");
  const UniqueFd pool = new_directory(directory / "pool");
  const UniqueFd other = new_directory(directory / "other");
};

// The result of each act: 0, or the errno.
using Outcome = std::map<std::string, int>;

class Tried {
 public:
  explicit Tried(int out) : out_(out) {}
  void operator()(const std::string& act, long result) {
    const int failed = result < 0 ? errno : 0;
    write_all(out_, act + " " + std::to_string(failed) + "\n", "the outcome");
  }

 private:
  const int out_;
};

Outcome outcome_of(const unpack::Confinement& confinement, const std::function<void(Tried)>& acts) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  const pid_t child = start_child([&] {
    unpack::confine(confinement);
    acts(Tried(out.get()));
    return 0;
  });
  out.reset();
  std::istringstream said(read_all(in.get(), "the outcome"));
  CHECK(wait_for(child) == 0);
  Outcome outcome;
  std::string act;
  for (int failed = 0; said >> act >> failed;) outcome[act] = failed;
  return outcome;
}

long open_at(int directory, const char* path, int flags) {
  const int fd = ::openat(directory, path, flags | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
  return fd;
}

long end_child(long child) {
  if (child == 0) ::_exit(0);
  return child;
}

}  // namespace

TEST_CASE("the unpacker can start no process, signal none, and change nothing elsewhere") {
  if (!has_landlock()) return;
  const ConfineStore place;
  unpack::Confinement confinement;
  confinement.written = {place.image.get()};
  const pid_t parent = ::getpid();
  const std::string file = place.directory / "other/file";
  const Outcome outcome = outcome_of(confinement, [&](Tried tried) {
    tried("fork", end_child(::fork()));
    tried("clone3", ::syscall(SYS_clone3, nullptr, 0));
    tried("clone", end_child(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)));
    tried("vm", ::syscall(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, 0, 0, 0, 0));
    tried("namespace", ::syscall(SYS_clone, CLONE_THREAD | CLONE_VM | CLONE_SIGHAND | CLONE_NEWUSER,
                                 0, 0, 0, 0));
    tried("unshare", ::unshare(CLONE_NEWUSER));
    tried("exec", ::execl("/bin/true", "true", nullptr));
    tried("kill", ::kill(parent, 0));
    tried("tgkill", ::syscall(SYS_tgkill, parent, parent, 0));
    tried("own", ::syscall(SYS_tgkill, ::getpid(), ::getpid(), 0));
    tried("read", open_at(AT_FDCWD, file.c_str(), O_RDONLY));
    tried("write", open_at(place.other.get(), "file", O_WRONLY));
    tried("upwards", open_at(place.image.get(), "../other/file", O_RDWR));
    tried("make", open_at(place.other.get(), "new", O_WRONLY | O_CREAT));
    tried("chmod", ::chmod(file.c_str(), 0777));
    tried("fchmodat", ::fchmodat(AT_FDCWD, file.c_str(), 0777, 0));
    tried("truncate", ::truncate(file.c_str(), 0));
    tried("setxattr", ::setxattr(file.c_str(), "user.x", "y", 1, 0));
    tried("unlink", ::unlinkat(place.other.get(), "file", 0));
    tried("rename", ::renameat(place.other.get(), "file", place.image.get(), "mine"));
    tried("link", ::linkat(place.other.get(), "file", place.image.get(), "linked", 0));
    tried("socket", ::syscall(SYS_socket, 1, 1, 0));
    tried("own-write", open_at(place.image.get(), "file", O_RDWR));
    tried("own-make", open_at(place.image.get(), "new", O_RDWR | O_CREAT | O_EXCL));
    int sum = 0;
    std::thread([&sum] { sum = 1; }).join();
    tried("thread", sum == 1 ? 0 : -1);
  });
  for (const char* act : {"fork", "clone3", "clone", "vm", "namespace", "unshare", "exec", "kill",
                          "tgkill", "chmod", "fchmodat", "truncate", "setxattr", "socket"}) {
    INFO(act);
    REQUIRE(outcome.count(act) == 1);
    CHECK(outcome.at(act) == ENOSYS);
  }
  for (const char* act : {"read", "write", "upwards", "make", "unlink"}) {
    INFO(act);
    CHECK(outcome.at(act) == EACCES);
  }
  for (const char* act : {"rename", "link"}) {
    INFO(act);
    CHECK(outcome.at(act) != 0);
  }
  for (const char* act : {"own", "own-write", "own-make", "thread"}) {
    INFO(act);
    CHECK(outcome.at(act) == 0);
  }
  CHECK(listing(place.directory / "other") == std::vector<std::string>{"/file 9"});
}

TEST_CASE("the program that shares files writes to none of them") {
  if (!has_landlock()) return;
  const ConfineStore place;
  unpack::Confinement confinement;
  confinement.linked = {place.image.get(), place.pool.get()};
  const Outcome outcome = outcome_of(confinement, [&](Tried tried) {
    for (const auto& [name, directory] :
         {std::pair{"image", place.image.get()}, {"pool", place.pool.get()}}) {
      const std::string where = std::string(name) + "-";
      tried(where + "write", open_at(directory, "file", O_WRONLY));
      tried(where + "both", open_at(directory, "file", O_RDWR));
      tried(where + "truncate", open_at(directory, "file", O_RDONLY | O_TRUNC));
      tried(where + "fchmodat", ::fchmodat(directory, "file", 0777, 0));
      const int fd = ::openat(directory, "file", O_RDONLY | O_CLOEXEC);
      tried(where + "fchmod", ::fchmod(fd, 0777));
      tried(where + "ftruncate", ::ftruncate(fd, 0));
      tried(where + "attribute", ::fsetxattr(fd, "user.x", "y", 1, 0));
      ::close(fd);
    }
    tried("other", open_at(place.other.get(), "file", O_RDONLY));
    tried("fork", end_child(::fork()));
    tried("ok-read", open_at(place.pool.get(), "file", O_RDONLY));
    tried("ok-link", ::linkat(place.image.get(), "file", place.pool.get(), "linked", 0));
    tried("ok-pass", ::linkat(place.pool.get(), "file", place.pool.get(), "passing", 0));
    tried("ok-rename", ::renameat(place.pool.get(), "passing", place.image.get(), "file"));
    tried("ok-directory", ::mkdirat(place.pool.get(), "ab", 0755));
    tried("ok-unlink", ::unlinkat(place.pool.get(), "linked", 0));
  });
  CHECK(outcome.size() == 22);
  for (const auto& [act, failed] : outcome) {
    INFO(act << " " << failed);
    CHECK((failed == 0) == (act.rfind("ok-", 0) == 0));
  }
  CHECK(read(place.directory / "pool/file") == "untouched");
  CHECK(read(place.directory / "image/file") == "untouched");
  struct stat status {};
  REQUIRE(::stat((place.directory / "pool/file").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) != 0777);
}

#endif
