// A thousand runs at once: each ends as it should, with its own output.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "../processes.h"
#include "../sandbox/fixture.h"
#include "catch.h"
#include "cloche/error.h"
#include "held.h"
#include "util/fd.h"
#include "util/file.h"

namespace {

using cloche::UniqueFd;

// Raises the limits of this process: a thousand sandboxes need more.
void raise_limits() {
  for (const auto resource : {RLIMIT_NOFILE, RLIMIT_NPROC}) {
    rlimit bounds{};
    ::getrlimit(resource, &bounds);
    bounds.rlim_cur = bounds.rlim_max;
    ::setrlimit(resource, &bounds);
  }
}

unsigned at_once() {
  return std::max(1u, std::min(1000u, wanted_runs(1000)));
}

}  // namespace

TEST_CASE("a thousand threads, each with a sandbox") {
  raise_limits();
  run_probe({"exit", "0"});
  const Held before = held();
  std::atomic<unsigned> good{0};
  std::atomic<bool> start{false};
  std::vector<std::string> problems(at_once());
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < problems.size(); ++i)
    threads.emplace_back([&, i] {
      while (!start) std::this_thread::yield();
      try {
        const std::string text = "output of " + std::to_string(i);
        cloche::Sandbox sandbox(probe_spec());
        sandbox.put("mine", text);
        const cloche::Result result = sandbox.exec(probe({"arguments", text}));
        const cloche::Result code = sandbox.exec(probe({"exit", std::to_string(i % 100)}));
        if (result.out.bytes == text + "\n" && code.exit_code == static_cast<int>(i % 100) &&
            sandbox.get("mine") == text)
          ++good;
        else
          problems[i] = result.reason + ": " + result.out.bytes;
      } catch (const cloche::Error& error) {
        problems[i] = error.what();
      }
    });
  start = true;
  for (std::thread& thread : threads) thread.join();
  for (const std::string& problem : problems)
    if (!problem.empty()) UNSCOPED_INFO(problem);
  CHECK(good == problems.size());
  CHECK(to_string(held()) == to_string(before));
}

TEST_CASE("a thousand commands, each with a sandbox") {
  raise_limits();
  struct Run {
    std::string text;
    UniqueFd out, err;
    bool ended = false;
  };
  std::map<pid_t, Run> runs;
  const std::string marker = "marker-parallel-" + std::to_string(::getpid()) + "-";
  for (unsigned i = 0; i < at_once(); ++i) {
    Run run{marker + std::to_string(i), cloche::memory_file({}), cloche::memory_file({})};
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::dup2(::open("/dev/null", O_RDONLY), 0);
      ::dup2(run.out.get(), 1);
      ::dup2(run.err.get(), 2);
      ::execl(CLOCHE_PROGRAM, CLOCHE_PROGRAM, "exec", "--rootfs", probe_rootfs().c_str(), "--",
              "/probe", "arguments", run.text.c_str(), nullptr);
      ::_exit(200);
    }
    runs.emplace(child, std::move(run));
  }
  for (std::size_t left = runs.size(); left > 0; --left) {
    int status = 0;
    const pid_t child = ::wait(&status);
    REQUIRE(runs.count(child) == 1);
    Run& run = runs.at(child);
    REQUIRE_FALSE(run.ended);
    run.ended = true;
    ::lseek(run.out.get(), 0, SEEK_SET);
    ::lseek(run.err.get(), 0, SEEK_SET);
    CHECK(cloche::read_all(run.err.get(), "errors") == "");
    CHECK(status == 0);
    CHECK(cloche::read_all(run.out.get(), "output") == run.text + "\n");
  }
  CHECK_FALSE(any_process_with(marker, ::getpid()));
}
