// Control groups: waiting until one is empty.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "catch.h"
#include "sandbox/cgroup/empty.h"
#include "sandbox/cgroup/files.h"
#include "sandbox/cgroup/group.h"

using namespace std::chrono_literals;

TEST_CASE("a group is empty when its last process has ended, and not before") {
  std::map<cloche::LimitKind, cloche::Mechanism> enforced_by;
  const auto groups = cloche::cgroup::Groups::create(::geteuid(), true);
  if (!groups) {
    WARN("no control groups here");
    return;
  }
  const auto run = groups->begin(cloche::Limits{}, enforced_by);
  CHECK(cloche::cgroup::wait_until_empty(run->fd(), 0));
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const bool moved = cloche::cgroup::write_at(run->fd(), "cgroup.procs", std::to_string(child));
  const auto before = std::chrono::steady_clock::now();
  const bool empty = cloche::cgroup::wait_until_empty(run->fd(), 100);
  const auto waited = std::chrono::steady_clock::now() - before;
  CHECK(::kill(child, SIGKILL) == 0);
  const bool empty_after = cloche::cgroup::wait_until_empty(run->fd(), 60000);
  CHECK(::waitpid(child, nullptr, 0) == child);
  REQUIRE(moved);
  CHECK_FALSE(empty);
  CHECK(waited >= 100ms);  // it waited, and did not look once
  CHECK(empty_after);
}
