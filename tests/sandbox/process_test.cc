// A program that its caller started and did not wait for.
#include "cloche/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <thread>

#include "catch.h"
#include "cloche/error.h"
#include "fixture.h"
#include "processes.h"
#include "started.h"
#include "util/fd.h"
#include "util/file.h"

using namespace std::chrono_literals;
using cloche::Channel;
using cloche::Command;
using cloche::ErrorKind;
using cloche::Process;
using cloche::Reason;
using cloche::Result;
using cloche::Sandbox;
using cloche::Spec;
using cloche::Status;

using Clock = std::chrono::steady_clock;

TEST_CASE("a started program gives the result that exec gives") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"cat"});
  command.stdin_data = "text";
  Process process = sandbox.start(command);
  const Result result = process.wait();
  CHECK(result.status == Status::ok);
  CHECK(result.out.bytes == "text");
  CHECK(result.enforced_by == sandbox.exec(command).enforced_by);
  CHECK(refused([&] { process.wait(); }) == ErrorKind::usage);
  CHECK(refused([&] { process.advance(); }) == ErrorKind::usage);
  // Nothing of this has an effect on the next program.
  process.kill();
  process.signal(SIGKILL);
  CHECK(sandbox.start(probe({"exit", "3"})).wait().exit_code == 3);
}

TEST_CASE("waiting can have a deadline, and a program can be killed") {
  Sandbox sandbox(probe_spec());
  std::string seen;
  Process process = sandbox.start(speaking({"deaf"}, seen));
  serve_until_said(process, seen, "deaf\n");
  CHECK_FALSE(process.wait_until(Clock::now() + 20ms));
  CHECK_FALSE(process.wait_until(Clock::time_point::min()));
  process.signal(SIGTERM);
  CHECK_FALSE(process.wait_until(Clock::now() + 20ms));
  process.kill();
  CHECK(process.wait_until(Clock::time_point::max()));
  const Result result = process.wait();
  CHECK(result.status == Status::cancelled);
  CHECK(result.reason_code == Reason::cancelled);
  CHECK(result.signal == SIGKILL);
  CHECK(sandbox.exec(probe({"exit", "4"})).exit_code == 4);
}

TEST_CASE("a program that is killed ends though nobody serves it") {
  Sandbox sandbox(probe_spec());
  const std::string marker = "marker-unserved-" + std::to_string(::getpid());
  Process process = sandbox.start(probe({"ignore-and-spin", marker}));
  REQUIRE(comes_true([&] { return any_process_with(marker); }));
  process.kill();
  CHECK(comes_true([&] { return !any_process_with(marker); }));
  CHECK(process.wait().status == Status::cancelled);
}

TEST_CASE("signals reach a started program") {
  Sandbox sandbox(probe_spec());
  std::string seen;
  Process process = sandbox.start(speaking({"await-signals"}, seen));
  serve_until_said(process, seen, "ready\n");
  process.signal(SIGUSR1);
  serve_until_said(process, seen, "caught 10\n");
  process.signal(64);
  serve_until_said(process, seen, "caught 64\n");
  CHECK(refused([&] { process.signal(0); }) == ErrorKind::usage);
  CHECK(refused([&] { process.signal(65); }) == ErrorKind::usage);
  process.signal(SIGTERM);
  const Result result = process.wait();
  CHECK(result.status == Status::signaled);
  CHECK(result.signal == SIGTERM);
  CHECK(seen == "ready\ncaught 10\ncaught 64\n");
}

TEST_CASE("a file can be put while a program runs, and appears whole") {
  Sandbox sandbox(probe_spec());
  std::string seen;
  const std::string large(10 << 20, 'w');
  for (const char* path : {"large", "new/directory/large"}) {
    seen.clear();
    Process process = sandbox.start(speaking({"await-file", path}, seen));
    serve_until_said(process, seen, "ready\n");
    process.put(path, large);
    CHECK(process.wait().exit_code == 0);
    CHECK(seen == "ready\n" + std::to_string(large.size()) + " bytes\n");
    CHECK(refused([&] { process.put("late", ""); }) == ErrorKind::usage);
    CHECK((sandbox.get(path) == large));
  }
}

TEST_CASE("a function of the command can put a file") {
  Sandbox sandbox(probe_spec());
  Process* running = nullptr;
  Command command = probe({"await-file", "answer"});
  command.on_output = [&](int, std::string_view bytes) {
    if (bytes == "ready\n") running->put("answer", "42", 0400);
  };
  Process process = sandbox.start(command);
  running = &process;
  CHECK(process.wait().out.bytes == "ready\n2 bytes\n");
}

TEST_CASE("a descriptor of the caller's ends a started program, and may be closed before") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  cloche::UniqueFd reader(ends[0]), writer(ends[1]);
  Sandbox sandbox(probe_spec());
  Command command = probe({"sleep", "60"});
  command.cancel_fd = command.signal_fd = reader.get();
  Process process = sandbox.start(command);
  reader.reset();
  CHECK_FALSE(process.wait_until(Clock::now() + 10ms));
  writer.reset();
  CHECK(process.wait().status == Status::cancelled);
  command.cancel_fd = 1 << 20;
  CHECK(refused([&] { sandbox.start(command); }) == ErrorKind::system);  // EBADF
  CHECK(sandbox.exec(probe({"exit", "0"})).status == Status::ok);
}

TEST_CASE("input from a regular file is always ready") {
  Sandbox sandbox(probe_spec());
  const std::string large(1 << 20, 'r');
  const cloche::UniqueFd file = cloche::memory_file(large);
  Command command = probe({"cat"});
  command.stdin_fd = file.get();
  Process process = sandbox.start(command);
  for (;;) {
    pollfd source{process.fd(), POLLIN, 0};
    REQUIRE(::poll(&source, 1, 10000) == 1);
    if (process.advance()) break;
  }
  CHECK((process.wait().out.bytes == large));
}

TEST_CASE("programs of several sandboxes are served by one loop") {
  constexpr int kCount = 4;
  std::vector<Sandbox> sandboxes;
  std::vector<Process> processes;
  for (int i = 0; i < kCount; ++i) {
    sandboxes.emplace_back(probe_spec());
    Command command = probe({"converse", "3", "200"});
    command.channel = Channel{3, "x\n", [](std::string_view) { return std::string("\n"); }};
    if (i == 0) command = probe({"sleep", "60"});
    if (i == 0) command.limits.emplace().wall_time = 100ms;
    processes.push_back(sandboxes.back().start(command));
  }
  int left = kCount;
  std::vector<bool> ended(kCount);
  while (left > 0) {
    pollfd sources[kCount];
    for (std::size_t i = 0; i < kCount; ++i)
      sources[i] = {ended[i] ? -1 : processes[i].fd(), POLLIN, 0};
    REQUIRE(::poll(sources, kCount, 20000) > 0);
    for (std::size_t i = 0; i < kCount; ++i)
      if (sources[i].revents != 0 && processes[i].advance()) {
        ended[i] = true;
        --left;
      }
  }
  for (std::size_t i = 0; i < kCount; ++i) {
    CHECK(readable(processes[i].fd()));
    CHECK(processes[i].wait().status == (i == 0 ? Status::time_limit : Status::ok));
    CHECK(readable(processes[i].fd()));
  }
}

TEST_CASE("a Process that goes takes its program along and leaves the sandbox usable") {
  Sandbox sandbox(probe_spec());
  const std::string marker = "marker-dropped-" + std::to_string(::getpid());
  int calls = 0;
  {
    Command command = probe({"flood", "1", "1000000000000", marker});
    command.on_output = [&calls](int, std::string_view) { ++calls; };
    Process process = sandbox.start(command);
    REQUIRE(comes_true([&] { return any_process_with(marker); }));
  }
  CHECK(calls == 0);
  CHECK_FALSE(any_process_with(marker));
  Process process = sandbox.start(probe({"ignore-and-spin", marker}));
  Sandbox other(probe_spec());
  process = other.start(probe({"exit", "5"}));
  CHECK(process.wait().exit_code == 5);
  CHECK_FALSE(any_process_with(marker));
}

TEST_CASE("a sandbox that goes takes its program along") {
  const std::string marker = "marker-closed-" + std::to_string(::getpid());
  std::optional<Sandbox> sandbox(probe_spec());
  Process process = sandbox->start(probe({"ignore-and-spin", marker}));
  REQUIRE(comes_true([&] { return any_process_with(marker); }));
  sandbox.reset();
  CHECK_FALSE(any_process_with(marker));
  CHECK(readable(process.fd()));
  CHECK(refused([&] { process.advance(); }) == ErrorKind::usage);
  CHECK(refused([&] { process.wait(); }) == ErrorKind::usage);
  CHECK(refused([&] { process.put("file", ""); }) == ErrorKind::usage);
  process.kill();
  process.signal(SIGTERM);
}

TEST_CASE("one program runs in a sandbox at a time") {
  Sandbox sandbox(probe_spec());
  const cloche::Snapshot snapshot = sandbox.save();
  Process process = sandbox.start(probe({"await-file", "go"}));
  CHECK(refused([&] { sandbox.start(probe({"exit", "0"})); }) == ErrorKind::busy);
  CHECK(refused([&] { sandbox.exec(probe({"exit", "0"})); }) == ErrorKind::busy);
  CHECK(refused([&] { sandbox.get("go"); }) == ErrorKind::busy);
  CHECK(refused([&] { sandbox.save(); }) == ErrorKind::busy);
  CHECK(refused([&] { sandbox.load(snapshot); }) == ErrorKind::busy);
  sandbox.put("go", "");
  REQUIRE(process.wait_until(Clock::time_point::max()));
  // The result need not be taken before the next program.
  CHECK(sandbox.exec(probe({"exit", "6"})).exit_code == 6);
  CHECK(process.wait().out.bytes == "ready\n0 bytes\n");
}

TEST_CASE("another thread can end a program that is waited for") {
  Sandbox sandbox(probe_spec());
  std::string seen;
  Process process = sandbox.start(speaking({"await-signals"}, seen));
  serve_until_said(process, seen, "ready\n");
  std::thread other([&process] { process.kill(); });
  CHECK(process.wait().status == Status::cancelled);
  other.join();
}

TEST_CASE("a program that waits on its channel goes on when it is answered") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "2"});
  std::string heard;
  command.channel = Channel{3, "", [&heard](std::string_view bytes) {
                              heard += bytes;
                              return std::string("\n");
                            }};
  Process process = sandbox.start(command);
  CHECK_FALSE(process.wait_until(Clock::now() + 20ms));
  process.answer("late");
  process.answer("r\n");
  CHECK(process.wait().exit_code == 0);
  CHECK(heard == "later 0\nlater 1\n");
  process.answer("after the end");
  // More than the pipe holds is kept until the program reads it.
  Process babbling = sandbox.start([] {
    Command flooding = probe({"babble", "4", "10"});
    flooding.channel = Channel{3, "", [](std::string_view) { return std::string(); }};
    return flooding;
  }());
  babbling.answer(std::string(1 << 20, 'x'));
  CHECK(babbling.wait().exit_code == 0);
  Process without = sandbox.start(probe({"exit", "0"}));
  without.answer("nobody reads this");
  CHECK(without.wait().exit_code == 0);
}
