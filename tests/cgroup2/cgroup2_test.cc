// The limits that control groups of version 2 enforce, in a kernel that has them (see boot).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "catch.h"
#include "cloche/error.h"
#include "processes.h"
#include "sandbox/fixture.h"

using namespace std::chrono_literals;
using cloche::LimitKind;
using cloche::Limits;
using cloche::Mechanism;
using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;
namespace fs = std::filesystem;

namespace {

// The groups of this launcher, or of another one.
std::vector<std::string> groups_of(pid_t launcher) {
  std::vector<std::string> found;
  const std::string name = "cloche." + std::to_string(launcher) + ".";
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry("/sys/fs/cgroup", ignored), end; entry != end;
       entry.increment(ignored))
    if (entry->path().filename().string().starts_with(name)) found.push_back(entry->path());
  return found;
}

Limits with(std::uint64_t memory) {
  Limits limits;
  limits.memory_bytes = memory;
  limits.wall_time = 30s;
  return limits;
}

}  // namespace

TEST_CASE("every limit is the kernel's own, and strict runs are possible") {
  Spec spec = probe_spec();
  spec.strict = true;
  spec.limits = with(64 << 20);
  spec.limits.cpus = 0.5;
  spec.limits.cpu_time = 10s;
  const Result result = Sandbox(spec).exec(probe({"exit", "0"}));
  CHECK(result.status == Status::ok);
  for (const LimitKind limit :
       {LimitKind::memory, LimitKind::tasks, LimitKind::cpus, LimitKind::cpu_time})
    CHECK(result.enforced_by.at(limit) == Mechanism::cgroup);
}

TEST_CASE("memory of every kind is charged to the run") {
  // Memory of the program, memory of its children, files in memory, and objects that only
  // descriptors hold.
  for (const std::vector<std::string>& act : std::vector<std::vector<std::string>>{
           {"allocate", "200"}, {"allocate-in-children", "20", "8"}, {"memory-file", "200"}}) {
    INFO(act[0]);
    const Result result = run_probe(act, with(64 << 20));
    CHECK(result.status == Status::memory_limit);
    CHECK(result.peak_memory_bytes <= 64u << 20);
  }
  Spec spec = probe_spec();
  spec.limits = with(64 << 20);
  spec.tmpfs = {{"/tmp", 512 << 20}, {"/workspace"}};
  CHECK(Sandbox(spec).exec(probe({"write-file", "/tmp/large", "400"})).status ==
        Status::memory_limit);
}

TEST_CASE("one megabyte is enough for a small program") {
  const Result result = run_probe({"exit", "0"}, with(1 << 20));
  CHECK(result.status == Status::ok);
  CHECK(result.peak_memory_bytes <= 1u << 20);
  CHECK(run_probe({"allocate", "2"}, with(1 << 20)).status == Status::memory_limit);
}

TEST_CASE("a program that kills itself reached no limit") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(probe({"kill-self", "9"})).status == Status::signaled);
  CHECK(sandbox.exec(probe({"exit", "137"})).status == Status::runtime_error);
}

TEST_CASE("each run of a sandbox has its own figures and limits") {
  Spec spec = probe_spec();
  spec.limits = with(64 << 20);
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"allocate", "200"})).status == Status::memory_limit);
  const Result after = sandbox.exec(probe({"exit", "0"}));
  CHECK(after.status == Status::ok);
  CHECK(after.peak_memory_bytes < 20u << 20);
  cloche::Command more = probe({"allocate-and-exit", "100"});
  more.limits = with(256 << 20);
  CHECK(sandbox.exec(more).status == Status::ok);
}

TEST_CASE("tasks are counted by the kernel") {
  Limits limits;
  limits.tasks = 10;
  const Result result = run_probe({"breed"}, limits);
  CHECK(result.out.bytes == "9 EAGAIN\n");
  CHECK(result.notes == std::vector<std::string>{"process_limit"});
}

TEST_CASE("CPU time is the group's, whoever waited for it") {
  Limits limits;
  limits.cpu_time = 500ms;
  limits.wall_time = 60s;
  for (const char* act : {"spin", "spin-unwaited"}) {
    const Result result = run_probe({act}, limits);
    CHECK(result.status == Status::time_limit);
    CHECK(result.reason == "used more CPU time than its limit of 0.5 s");
    // The kernel rounds each of the two down to microseconds.
    CHECK(result.user_time + result.system_time > 499ms);
    CHECK(result.user_time + result.system_time < 2s);
  }
}

TEST_CASE("a share of the CPU is enforced, and told") {
  Limits limits;
  limits.cpus = 0.2;
  limits.wall_time = 2s;
  const Result result = run_probe({"spin"}, limits);
  CHECK(result.status == Status::time_limit);
  CHECK(result.user_time + result.system_time < 1s);
  CHECK(result.throttled_time > 0ns);
}

TEST_CASE("a program sees no group but its own") {
  const Result result = run_probe({"read", "/proc/self/cgroup"});
  CHECK(result.out.bytes == "0::/\n");
}

TEST_CASE("a bound on a device that makes no sense is refused") {
  Limits limits;
  limits.io_max = "1:2 nonsense";
  // If the io controller was not handed over, cloche must report that.
  try {
    const Result result = run_probe({"exit", "0"}, limits);
    CHECK(result.enforced_by.at(LimitKind::io) == Mechanism::none);
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::usage);
    CHECK_THAT(error.what(), ContainsSubstring("\"1:2 nonsense\": "));
  }
}

TEST_CASE("groups go with their sandbox") {
  {
    Sandbox sandbox(probe_spec());
    sandbox.exec(probe({"leave-behind"}));
    const auto groups = groups_of(::getpid());
    REQUIRE(groups.size() == 1);
    CHECK(std::distance(fs::directory_iterator(groups[0]), {}) > 0);
  }
  for (const std::string& group : groups_of(::getpid()))
    for (const auto& entry : fs::directory_iterator(group)) CHECK_FALSE(entry.is_directory());
}

namespace {

// Starts a separate launcher that runs until it is killed. Returns when its program runs.
pid_t launcher_with_run() {
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(ready[0]);
    try {
      Limits limits;
      limits.wall_time = 60s;
      Spec spec = probe_spec();
      spec.limits = limits;
      Sandbox sandbox(spec);
      cloche::Command command = probe({"say-twice", "60000"});
      command.on_output = [&](int, std::string_view) {
        if (::write(ready[1], "x", 1) != 1) ::_exit(1);
      };
      sandbox.exec(command);
    } catch (...) {
    }
    ::_exit(1);
  }
  ::close(ready[1]);
  char byte;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  ::close(ready[0]);
  return pid;
}

}  // namespace

TEST_CASE("groups go when the launcher is killed") {
  const pid_t launcher = launcher_with_run();
  REQUIRE_FALSE(groups_of(launcher).empty());
  ::kill(launcher, SIGKILL);
  CHECK(comes_true([&] { return groups_of(launcher).empty(); }));
  ::waitpid(launcher, nullptr, 0);
}

TEST_CASE("groups that a killed launcher and a killed guard left go with the next start") {
  const pid_t launcher = launcher_with_run();
  const auto groups = groups_of(launcher);
  REQUIRE(groups.size() == 1);
  // The guard is the launcher's only child outside of the groups.
  for (const pid_t child : children_of(launcher))
    if (name_of(child) == "cloche-guard") ::kill(child, SIGKILL);
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  CHECK_FALSE(groups_of(launcher).empty());
  ::kill(launcher_with_run(), SIGKILL);
  CHECK(comes_true([&] { return groups_of(launcher).empty(); }));
}
