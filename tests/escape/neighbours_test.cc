// No information passes between two sandboxes, neither at the same time nor one after the other.
#include <fcntl.h>
#include <mqueue.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include <random>

#include "catch.h"
#include "fixture.h"
#include "processes.h"
#include "util/fd.h"

using cloche::Network;
using cloche::Result;
using cloche::UniqueFd;

namespace {

// A number that both sides know: a key, a part of names, and a port.
std::string meeting_point() {
  std::random_device random;
  return std::to_string(20000 + random() % 10000);
}

cloche::Spec with_loopback() {
  cloche::Spec spec = hostile_spec();
  spec.network = Network::loopback;
  return spec;
}

}  // namespace

TEST_CASE("no sandbox finds objects of another, at once or later") {
  const std::string point = meeting_point();
  cloche::Sandbox first(with_loopback());
  {
    Held other({"ipc", "leave", point}, with_loopback());
    // Semaphores, shared memory, queues, files, a name and a port were really made.
    CHECK(answers(other.output()).at("left-shm") == "ok");
    CHECK(answers(other.output()).at("left-queue") == "ok");
    CHECK(answers(other.output()).at("left-semaphores") == "ok");
    CHECK(answers(other.output()).at("left-file") == "ok");
    CHECK(answers(other.output()).at("left-abstract") == "ok");
    CHECK(answers(other.output()).at("left-port") == "ok");
    const Result at_once = attack({"ipc", "find", point}, with_loopback());
    CHECK(answers(at_once.out.bytes).size() == 9);
    CHECK(got_through(at_once.out.bytes) == "");
    // A sandbox that existed before does not find them either.
    CHECK(got_through(first.exec(hostile({"ipc", "find", point})).out.bytes) == "");
  }
  const Result later = attack({"ipc", "find", point}, with_loopback());
  CHECK(got_through(later.out.bytes) == "");
}

TEST_CASE("objects that a program left are found in the same sandbox") {
  // In the same sandbox, objects of IPC and files stay from one execution to the next.
  const std::string point = meeting_point();
  cloche::Sandbox sandbox(with_loopback());
  sandbox.exec(hostile({"ipc", "leave", point}));
  const std::string found = got_through(sandbox.exec(hostile({"ipc", "find", point})).out.bytes);
  CHECK_THAT(found, ContainsSubstring("found-shm"));
  CHECK_THAT(found, ContainsSubstring("found-queue"));
  CHECK_THAT(found, ContainsSubstring("found-file"));
}

TEST_CASE("the host's shared memory, queues and semaphores are not found, nor made") {
  const std::string point = meeting_point();
  const auto key = static_cast<key_t>(std::stoi(point));
  const int shm = ::shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0666);
  const int queue = ::msgget(key, IPC_CREAT | IPC_EXCL | 0666);
  const int semaphores = ::semget(key, 1, IPC_CREAT | IPC_EXCL | 0666);
  REQUIRE((shm >= 0 && queue >= 0 && semaphores >= 0));
  const std::string outside = got_through(act_outside({"ipc", "find", point}));
  const Result result = attack({"ipc", "find", point});
  ::shmctl(shm, IPC_RMID, nullptr);
  ::msgctl(queue, IPC_RMID, nullptr);
  ::semctl(semaphores, 0, IPC_RMID);
  CHECK_THAT(outside, ContainsSubstring("found-queue"));
  CHECK_THAT(outside, ContainsSubstring("found-semaphores"));
  CHECK(got_through(result.out.bytes) == "");

  Held held({"ipc", "leave", point});
  CHECK(::shmget(key, 0, 0) == -1);
  CHECK(::msgget(key, 0) == -1);
  CHECK(::semget(key, 0, 0) == -1);
  CHECK(::access(("/dev/shm/hostile-" + point).c_str(), F_OK) == -1);
  CHECK(::access(("/tmp/hostile-" + point).c_str(), F_OK) == -1);
}

TEST_CASE("locks on files of the image are not noticed") {
  if (!has_own_inodes()) {
    WARN("this kernel has no overlayfs for user namespaces: sandboxes share the image's inodes");
    return;
  }
  Held holder({"neighbours", "lock"});
  const Result result = attack({"neighbours", "notice-locks"});
  CHECK_THAT(result.out.bytes, ContainsSubstring("done\n"));
  CHECK_THAT(got_through(result.out.bytes), !ContainsSubstring("/hostile"));
  CHECK_THAT(got_through(result.out.bytes), !ContainsSubstring("/etc"));
  // Nor does the host notice them.
  const UniqueFd file(::open((hostile_rootfs() + "/hostile").c_str(), O_RDONLY | O_CLOEXEC));
  CHECK(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
}

// Channels that docs/security.md lists as open. Run the tests with their tag to see them. The
// devices are the host's own, because a user namespace cannot make any, and all runs share a page
// of the image.
TEST_CASE("locks on devices are not noticed", "[.open]") {
  Held holder({"neighbours", "lock"});
  CHECK(got_through(attack({"neighbours", "notice-locks"}).out.bytes) == "");
  const UniqueFd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  CHECK(::flock(file.get(), LOCK_EX | LOCK_NB) == 0);
}

TEST_CASE("a lease does not keep the host from its own files") {
  // Only the owner of a file can take such a lock. An ordinary user owns the files of its image.
  Held holder({"neighbours", "lock"});
  for (const char* name : {"/hostile", "/etc/file"}) {
    const UniqueFd file(
        ::open((hostile_rootfs() + name).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    // A program that is being executed cannot be written to in any case.
    CHECK((file.get() >= 0 || errno == ETXTBSY));
  }
}

TEST_CASE("the use of shared files by others cannot be watched") {
  Held watcher({"neighbours", "watch"});
  REQUIRE(watcher.says("ready\n"));
  SECTION("another sandbox") {
    attack({"neighbours", "stir"});
  }
  SECTION("the host") {
    for (const char* path : {"/dev/null", "/dev/zero"})
      const UniqueFd file(::open(path, O_RDONLY | O_CLOEXEC));
  }
  const Result result = watcher.release();
  CHECK_THAT(watcher.output(), !ContainsSubstring("event"));
}

TEST_CASE("no process is woken through a page of the image", "[.open]") {
  const std::string marker = "sleeper-" + random_text();
  Held sleeper({"neighbours", "wait-for-wake", marker});
  REQUIRE(sleeper.says("ready\n"));
  const std::vector<pid_t> found = processes_with(marker);
  REQUIRE(found.size() == 1);
  REQUIRE(comes_true([&] { return status_of(found[0]).at("State").starts_with("S"); }));
  CHECK(attack({"neighbours", "wake"}).out.bytes == "woke 0\n");
}

TEST_CASE("processes of one sandbox cannot be signalled or seen from another") {
  const std::string marker = "neighbour-" + random_text();
  Held held({"processes", "hold", marker});
  CHECK(attack({"supervisor", "everyone"}).out.bytes == "reached 0\n");
  CHECK(processes_with(marker).size() == 1);
  const Result listed = attack({"proc", "listing", "/proc"});
  CHECK_THAT(listed.out.bytes, !ContainsSubstring("/proc/3"));
  CHECK(held.release().status == cloche::Status::ok);
}
