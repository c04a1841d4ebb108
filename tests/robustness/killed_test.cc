// The launcher is killed at any moment of its work. Everything inside must die with it.
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "../processes.h"
#include "../sandbox/fixture.h"
#include "catch.h"
#include "elapsed.h"
#include "held.h"

namespace {

// Starts a launcher whose program makes processes that wait for ever.
pid_t start(const std::string& marker) {
  // The child must not run Catch2's signal handlers.
  sigset_t all, before;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, &before);
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int number : {SIGTERM, SIGINT}) ::signal(number, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(null, fd);
    ::execl(CLOCHE_PROGRAM, CLOCHE_PROGRAM, "exec", "--timeout", "600s", "--tasks", "8", "--rootfs",
            probe_rootfs().c_str(), "--", "/probe", "spin-in-children", "4", marker.c_str(),
            nullptr);
    ::_exit(200);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  REQUIRE(child >= 0);
  return child;
}

// The present time from the start of a launcher until its program runs.
std::chrono::nanoseconds start_time() {
  const std::string marker = "marker-first-" + std::to_string(::getpid());
  const Elapsed elapsed;
  const pid_t launcher = start(marker);
  CHECK(comes_true([&] { return any_process_with(marker, launcher); }));
  const std::chrono::nanoseconds time = elapsed.wall();
  ::kill(launcher, SIGTERM);
  ::waitpid(launcher, nullptr, 0);
  return time;
}

// Becomes the parent of all processes that a killed launcher leaves behind.
class Orphanage {
 public:
  Orphanage() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }
  ~Orphanage() { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }
  Orphanage(const Orphanage&) = delete;
  Orphanage& operator=(const Orphanage&) = delete;

  bool empty() const {
    while (::waitpid(-1, nullptr, WNOHANG | __WALL) > 0) {
    }
    return held().children == before_;
  }

 private:
  const std::size_t before_ = held().children;
};

}  // namespace

TEST_CASE("a launcher that is killed at any moment leaves nothing") {
  const Orphanage orphanage;
  const Held before = held();
  const unsigned kills = std::max(3u, std::min(150u, wanted_runs(150)));
  const int signals[] = {SIGKILL, SIGTERM, SIGINT};
  // From the launcher's start to some time after its program's start.
  const std::chrono::nanoseconds longest = start_time() * 2;
  unsigned begun = 0;
  for (unsigned i = 0; i < kills; ++i) {
    const std::string marker =
        "marker-killed-" + std::to_string(::getpid()) + "-" + std::to_string(i);
    const pid_t launcher = start(marker);
    std::this_thread::sleep_for(longest * i / kills);
    // The machine may have become slower meanwhile. A tenth of the launchers is killed after the
    // program's start in any case.
    if (i % 10 == 2) CHECK(comes_true([&] { return any_process_with(marker, launcher); }));
    if (any_process_with(marker, launcher)) ++begun;
    REQUIRE(::kill(launcher, signals[i % 3]) == 0);
    int status = 0;
    REQUIRE(::waitpid(launcher, &status, 0) == launcher);
    CAPTURE(i, status);
    // SIGTERM and SIGINT may have been caught. The run was then ended properly.
    CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) == 128 + signals[i % 3]));
    CHECK(comes_true([&] { return orphanage.empty(); }));
    CHECK_FALSE(any_process_with(marker, ::getpid()));
  }
  // Some launchers were killed before the program's start and some after it.
  CHECK(begun > 0);
  CHECK(begun < kills);
  CHECK(to_string(held()) == to_string(before));
}
