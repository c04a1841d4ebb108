// Every limit holds over the whole tree of processes, and the result reports it.
#include <signal.h>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"

using namespace std::chrono_literals;
using cloche::LimitKind;
using cloche::Limits;
using cloche::Mechanism;
using cloche::OutputAction;
using cloche::Reason;
using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;

TEST_CASE("wall time ends whatever the program ignores or closes") {
  Limits limits;
  limits.wall_time = 200ms;
  for (const char* act : {"sleep", "ignore-and-spin"}) {
    const Result result = run_probe({act, "60"}, limits);
    CHECK(result.status == Status::time_limit);
    CHECK(result.reason_code == Reason::wall_time);
    CHECK_THAT(result.reason, ContainsSubstring("wall time limit of 0.2 s"));
    CHECK(result.signal == SIGKILL);
    CHECK(result.wall_time >= 200ms);
  }
}

TEST_CASE("CPU time is counted over all processes") {
  Limits limits;
  limits.cpu_time = 300ms;
  limits.wall_time = 20s;
  for (const char* children : {"1", "4"}) {
    const Result result = run_probe({"spin-in-children", children}, limits);
    CHECK(result.status == Status::time_limit);
    CHECK(result.reason_code == Reason::cpu_time);
    CHECK_THAT(result.reason, ContainsSubstring("CPU time"));
    CHECK(result.user_time + result.system_time >= 280ms);
    // With a limit for each, four processes would have used 1200 ms together.
    CHECK(result.user_time + result.system_time < 900ms);
  }
}

TEST_CASE("time asleep is not CPU time") {
  Limits limits;
  // Starting takes most of a second of CPU time in a slow guest.
  limits.cpu_time = 2s;
  limits.wall_time = 3s;
  const Result result = run_probe({"sleep", "60"}, limits);
  CHECK_THAT(result.reason, ContainsSubstring("wall time"));
}

TEST_CASE("memory is counted over all processes and memory file systems") {
  Limits limits;
  limits.memory_bytes = 64 << 20;
  limits.wall_time = 20s;
  limits.file_bytes = 0;
  const Result one = run_probe({"allocate", "2000"}, limits);
  CHECK(one.status == Status::memory_limit);
  const bool by_kernel = one.enforced_by.at(LimitKind::memory) == Mechanism::cgroup;
  CHECK(one.reason_code == (by_kernel ? Reason::kernel_oom : Reason::memory));
  CHECK(one.reason == "used more memory than its limit of 64 MiB");
  CHECK(one.peak_memory_bytes >= 60u << 20);
  // No single process comes near the limit.
  const Result many = run_probe({"allocate-in-children", "20", "8"}, limits);
  CHECK(many.status == Status::memory_limit);

  Spec spec = probe_spec();
  spec.limits = limits;
  spec.tmpfs = {{"/tmp", 512 << 20}, {"/workspace"}};
  Sandbox sandbox(spec);
  const Result file = sandbox.exec(probe({"write-file", "/tmp/large", "400"}));
  CHECK(file.status == Status::memory_limit);
}

TEST_CASE("peak memory is that of one execution") {
  Sandbox sandbox(probe_spec());
  CHECK(sandbox.exec(probe({"allocate-and-exit", "60"})).peak_memory_bytes >= 60u << 20);
  CHECK(sandbox.exec(probe({"exit", "0"})).peak_memory_bytes < 20u << 20);
}

TEST_CASE("a program within its memory is left alone") {
  Limits limits;
  limits.memory_bytes = 64 << 20;
  limits.wall_time = 500ms;
  CHECK(run_probe({"allocate", "40"}, limits).status == Status::time_limit);
}

TEST_CASE("descriptors that hold no memory do not count as if they did") {
  Limits limits;
  limits.memory_bytes = 14 << 20;
  limits.open_files = GENERATE(65u, 512u, 4096u);
  const Result result = run_probe({"hold-files", "300"}, limits);
  CHECK(result.status == Status::ok);
  CHECK(result.peak_memory_bytes < 14 << 20);
}

TEST_CASE("processes are limited, and the limit is the sandbox's own") {
  Limits limits;
  limits.tasks = 10;
  // Nine, because the program itself counts. Another sandbox at the same time changes nothing.
  Sandbox beside(probe_spec());
  CHECK(run_probe({"breed"}, limits).out.bytes == "9 EAGAIN\n");
}

TEST_CASE("disks and files are limited") {
  Limits limits;
  limits.file_bytes = 0;
  Spec spec = probe_spec();
  spec.tmpfs = {{"/tmp", 8 << 20, 64}, {"/workspace"}};
  spec.limits = limits;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"write-file", "/tmp/large", "9"})).out.bytes == "ENOSPC\n");
  limits.file_bytes = 4 << 20;
  const Result result = run_probe({"write-file", "/tmp/large", "9"}, limits);
  CHECK(result.signal == SIGXFSZ);
}

TEST_CASE("output is cut and flagged, or ends the run") {
  Limits limits;
  limits.stdout_bytes = 100000;
  limits.stderr_bytes = 10;
  const Result cut = run_probe({"flood", "1", "10000000"}, limits);
  CHECK(cut.status == Status::ok);
  CHECK(cut.out.truncated);
  CHECK(cut.out.total == 10000000);
  CHECK(cut.out.bytes == std::string(100000, 'x'));
  CHECK_FALSE(cut.err.truncated);
  CHECK(run_probe({"flood", "2", "11"}, limits).err.bytes == std::string(10, 'x'));
  CHECK_FALSE(run_probe({"flood", "2", "10"}, limits).err.truncated);

  limits.output_action = OutputAction::kill;
  const Result killed = run_probe({"flood", "1", "100000000000"}, limits);
  CHECK(killed.status == Status::output_limit);
  CHECK(killed.reason_code == Reason::stdout_limit);
  CHECK(killed.out.bytes.size() == 100000);
  CHECK(run_probe({"flood", "2", "100000000000"}, limits).reason_code == Reason::stderr_limit);
}

TEST_CASE("compile time does not count against the run that follows") {
  Limits limits;
  limits.cpu_time = 400ms;
  limits.wall_time = 5s;
  Spec spec = probe_spec();
  spec.limits = limits;
  Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"spin"})).status == Status::time_limit);
  CHECK(sandbox.exec(probe({"exit", "0"})).status == Status::ok);
}

TEST_CASE("the result says what stood behind each limit") {
  const Result result = run_probe({"exit", "0"});
  CHECK(result.enforced_by.at(LimitKind::wall_time) == Mechanism::timer);
  CHECK(result.enforced_by.at(LimitKind::disk) == Mechanism::tmpfs);
  const Mechanism memory = result.enforced_by.at(LimitKind::memory);
  CHECK((memory == Mechanism::cgroup || memory == Mechanism::supervision));
  CHECK(result.enforced_by.count(LimitKind::cpu_time) == 0);
}

TEST_CASE("strict refuses a limit that this host can only approximate") {
  Spec spec = probe_spec();
  const bool exact =
      run_probe({"exit", "0"}).enforced_by.at(LimitKind::memory) == Mechanism::cgroup;
  spec.strict = true;
  spec.limits.cpu_time = 0s;
  Sandbox sandbox(spec);
  if (exact)
    CHECK(sandbox.exec(probe({"exit", "0"})).status == Status::ok);
  else
    CHECK_THROWS_WITH(sandbox.exec(probe({"exit", "0"})),
                      ContainsSubstring("memory limit exactly"));
}
