// A run cannot signal, trace, stop, slow or starve its supervisor or any other process of the host.
#include <errno.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "catch.h"
#include "elapsed.h"
#include "fixture.h"
#include "processes.h"
#include "util/file.h"

using namespace std::chrono_literals;
using cloche::Result;
using cloche::Status;

namespace {

// An idle process of the host, of the same user as the launcher.
class Bystander {
 public:
  Bystander() : pid_(::fork()) {
    if (pid_ == 0)
      for (;;) ::pause();
  }
  ~Bystander() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Bystander(const Bystander&) = delete;
  Bystander& operator=(const Bystander&) = delete;
  bool well() const {
    int status = 0;
    return ::waitpid(pid_, &status, WNOHANG | WUNTRACED) == 0;
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
};

// The nice value of a process, seen from outside.
int niceness(pid_t pid) {
  errno = 0;
  return ::getpriority(PRIO_PROCESS, static_cast<id_t>(pid));
}

}  // namespace

TEST_CASE("no signal of a run reaches init or the host") {
  const Bystander bystander;
  cloche::Sandbox sandbox(hostile_spec());
  // The act also stops and kills its own children, which is allowed.
  sandbox.exec(hostile({"supervisor", "signals"}));
  CHECK(bystander.well());
  // init still answers, and reports the right status.
  CHECK(sandbox.exec(hostile({"verdict", "exit", "5"})).exit_code == 5);
  CHECK(sandbox.exec(hostile({"supervisor", "everyone"})).out.bytes == "reached 0\n");
  CHECK(sandbox.exec(hostile({"supervisor", "everyone", "19"})).out.bytes == "reached 0\n");
  CHECK(bystander.well());
}

TEST_CASE("init and the host cannot be traced, read or written") {
  const Bystander bystander;
  for (const pid_t pid : {1, static_cast<int>(bystander.pid())}) {
    const Result result = attack({"supervisor", "trace", std::to_string(pid)});
    CHECK(answers(result.out.bytes).size() == 11);
    CHECK(got_through(result.out.bytes) == "");
  }
  CHECK(bystander.well());
}

TEST_CASE("priorities and limits of init and the host stay as they are") {
  const Bystander bystander;
  const std::string marker = "priorities-" + random_text();
  cloche::Sandbox sandbox(hostile_spec());
  const Result result = sandbox.exec(hostile({"supervisor", "priorities"}));
  CHECK(answers(result.out.bytes).size() == 18);
  CHECK(got_through(result.out.bytes) == "");
  CHECK(niceness(bystander.pid()) == niceness(0));
  // The next process that init starts would inherit a change of init's priority.
  const Result after = sandbox.exec(hostile({"supervisor", "own-priority"}));
  CHECK(after.out.bytes == "nice " + std::to_string(niceness(0)) + "\n");
}

TEST_CASE("a program cannot be given the launcher's right to real time") {
  rlimit before_rt{}, before_nice{};
  ::getrlimit(RLIMIT_RTPRIO, &before_rt);
  ::getrlimit(RLIMIT_NICE, &before_nice);
  const rlimit high{50, 50};
  if (::setrlimit(RLIMIT_RTPRIO, &high) != 0) {
    WARN("only root can have such a right to give away");
    return;
  }
  ::setrlimit(RLIMIT_NICE, &high);
  const Result result = attack({"supervisor", "priorities"});
  ::setrlimit(RLIMIT_RTPRIO, &before_rt);
  ::setrlimit(RLIMIT_NICE, &before_nice);
  CHECK(got_through(result.out.bytes) == "");
}

TEST_CASE("the host's user is not deprived of signals, timers and watchers") {
  {
    Held held({"supervisor", "use-up-signals"});
    REQUIRE(held.says("queued"));
    timer_t timer{};
    CHECK(::timer_create(CLOCK_MONOTONIC, nullptr, &timer) == 0);
    ::timer_delete(timer);
  }
  {
    Held held({"supervisor", "use-up-watchers"});
    REQUIRE(held.says("watchers"));
    const cloche::UniqueFd watcher(::inotify_init1(IN_CLOEXEC));
    CHECK(watcher.get() >= 0);
  }
}

TEST_CASE("another sandbox of the same user can start while descriptors are in flight") {
  Held held({"supervisor", "use-up-flights"});
  REQUIRE(held.says("sent"));
  // The usual number of descriptors, with which the kernel compares.
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit usual{1024, before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &usual);
  CHECK_NOTHROW([] { CHECK(attack({"verdict", "exit", "3"}).exit_code == 3); }());
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_CASE("the verdict comes in time however busy a run keeps the machine and init") {
  for (const char* act : {"storm", "refused-calls"}) {
    INFO(act);
    cloche::Spec spec = hostile_spec();
    spec.limits.wall_time = 500ms;
    const Elapsed elapsed;
    Status status{};
    {
      cloche::Sandbox sandbox(spec);
      status = sandbox.exec(hostile({"supervisor", act})).status;
    }
    CHECK(elapsed.fair() < 500ms + 1s * slowness());
    CHECK(status == Status::time_limit);
  }
}

TEST_CASE("a second sandbox is served while the first one does its worst") {
  cloche::Spec worst = hostile_spec();
  worst.limits.wall_time = 2s;
  Held storm({"processes", "loud-bomb"}, worst);
  const Elapsed elapsed;
  CHECK(attack({"verdict", "exit", "4"}).exit_code == 4);
  CHECK(elapsed.fair() < 1500ms * slowness());
}
