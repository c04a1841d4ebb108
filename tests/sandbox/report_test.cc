// The fields of a Result besides its verdict.
#include <unistd.h>

#include <chrono>
#include <string>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using namespace std::chrono_literals;
using cloche::Limits;
using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;

TEST_CASE("refused system calls are counted by name") {
  const Result result = run_probe({"call-refused", "5"});
  CHECK(result.status == Status::ok);
  const std::map<std::string, std::uint64_t> expected = {{"ptrace", 5}, {"swapon", 1}};
  CHECK(result.denied_syscalls == expected);
  CHECK(run_probe({"exit", "0"}).denied_syscalls.empty());
}

TEST_CASE("a grace lets a program end by itself when its CPU time is used up") {
  Limits limits;
  limits.cpu_time = 100ms;
  limits.cpu_grace = 5s;
  const Result warned = run_probe({"spin-until-warned"}, limits);
  CHECK(warned.out.bytes == "warned\n");
  CHECK(warned.exit_code == 9);
  CHECK(warned.status == Status::time_limit);
  CHECK(warned.user_time + warned.system_time < 5s);
  // SIGXCPU ends a program that does not handle it, and no program outlives the grace.
  limits.cpu_grace = 100ms;
  CHECK(run_probe({"spin"}, limits).status == Status::time_limit);
  const Result ignored = run_probe({"ignore-and-spin"}, limits);
  CHECK(ignored.status == Status::time_limit);
  CHECK(ignored.user_time + ignored.system_time >= 200ms);
}

TEST_CASE("CPU time counts that nobody waited for") {
  Limits limits;
  limits.cpu_time = 500ms;
  limits.wall_time = 9s;
  const Result result = run_probe({"spin-unwaited"}, limits);
  CHECK(result.status == Status::time_limit);
  CHECK(result.reason == "used more CPU time than its limit of 0.5 s");
}

TEST_CASE("limits that are met without ending the run are noted") {
  Limits limits;
  limits.tasks = 10;
  limits.wall_time = 1s;
  Spec spec = probe_spec();
  spec.limits = limits;
  spec.tmpfs = {{"/tmp", 1 << 20}, {"/workspace"}};
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"exit", "0"})).notes.empty());

  const Result tasks = sandbox.exec(probe({"breed-and-wait"}));
  CHECK(tasks.notes == std::vector<std::string>{"process_limit"});
  CHECK(tasks.peak_tasks == 10);

  limits.file_bytes = 1 << 16;
  cloche::Command command = probe({"fill-and-wait", "/workspace/large"});
  command.limits = limits;
  CHECK(sandbox.exec(command).notes == std::vector<std::string>{"file_size_limit"});

  const Result full = sandbox.exec(probe({"fill-and-wait", "/tmp/all"}));
  CHECK(full.notes == std::vector<std::string>{"disk_limit"});
}

TEST_CASE("a report tells when output came") {
  const Result quiet = run_probe({"exit", "0"});
  CHECK_FALSE(quiet.first_output);
  CHECK_FALSE(quiet.last_output);
  const Result talking = run_probe({"say-twice", "100"});
  REQUIRE(talking.first_output);
  REQUIRE(talking.last_output);
  CHECK(*talking.last_output - *talking.first_output >= 90ms);
  CHECK(*talking.last_output <= talking.wall_time + 1s);
}

TEST_CASE("a report tells how often tasks gave up the CPU") {
  // A sleep is no voluntary switch if the task lost its CPU just before.
  const Result result = run_probe({"nap", "200"});
  CHECK(result.voluntary_switches >= 100);
}

TEST_CASE("the sandbox tells its own times") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.times().create > 0ns);
  CHECK(sandbox.times().teardown == 0ns);
  sandbox.exec(probe({"exit", "0"}));
  sandbox.close();
  CHECK(sandbox.times().teardown > 0ns);
  CHECK_THROWS_AS(sandbox.exec(probe({"exit", "0"})), cloche::Error);
}

TEST_CASE("clocks begin with the sandbox") {
  // Of the kernels that have time namespaces, those before 6.3 do not enter them this way.
  if (kernel_version() < std::pair(6, 3)) return;
  CHECK(std::stol(run_probe({"uptime"}).out.bytes) < 60);
}

TEST_CASE("a run can be bound to CPUs") {
  Limits limits;
  limits.cpuset = "0";
  CHECK(run_probe({"cpus"}, limits).out.bytes == "1\n");
  for (const char* wrong : {"", ",", "1-", "2-1", "x", "0,", "99999"}) {
    if (*wrong == '\0') continue;
    limits.cpuset = wrong;
    CHECK_THROWS_AS(run_probe({"exit", "0"}, limits), cloche::Error);
  }
}

TEST_CASE("a report tells what tasks waited for, where the kernel does") {
  Limits limits;
  limits.cpu_time = 10s;  // root makes a group for it even without controllers
  limits.wall_time = 500ms;
  limits.cpuset = "0";
  const Result result = run_probe({"spin-in-children", "3"}, limits);
  if (result.enforced_by.at(cloche::LimitKind::cpu_time) != cloche::Mechanism::cgroup ||
      ::access("/proc/pressure/cpu", R_OK) != 0) {
    CHECK(result.pressure.empty());
    return;
  }
  // Three at once on one CPU: nearly always one of them waits.
  CHECK(result.pressure.at("cpu") > 200ms);
  CHECK(result.pressure.at("cpu") <= result.wall_time + 100ms);
  CHECK(result.pressure.count("memory") == 1);
}
