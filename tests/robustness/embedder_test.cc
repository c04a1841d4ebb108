// Actions of an embedding program while it has sandboxes.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "../processes.h"
#include "../sandbox/fixture.h"
#include "catch.h"
#include "cloche/error.h"
#include "held.h"
#include "util/fd.h"

namespace {

// The line of the probe's status that lists its descriptors.
std::string descriptors_of(const cloche::Result& result) {
  const auto at = result.out.bytes.find("\nfds");
  const auto end = result.out.bytes.find('\n', at + 1);
  return at == std::string::npos ? result.out.bytes : result.out.bytes.substr(at + 1, end - at - 1);
}

}  // namespace

TEST_CASE("descriptors that other threads open meanwhile do not get inside") {
  std::atomic<bool> stop{false};
  std::vector<std::thread> openers;
  for (int i = 0; i < 3; ++i)
    openers.emplace_back([&] {
      while (!stop) {
        // Without O_CLOEXEC, as careless libraries do.
        const int file = ::open("/etc/passwd", O_RDONLY);
        int pipe[2] = {-1, -1}, pair[2] = {-1, -1};
        const bool piped = ::pipe(pipe) == 0;
        const bool paired = ::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
        std::this_thread::yield();
        ::close(file);
        for (const int end : {0, 1}) {
          if (piped) ::close(pipe[end]);
          if (paired) ::close(pair[end]);
        }
      }
    });
  std::vector<std::thread> runners;
  std::atomic<int> good{0};
  std::string seen[2];
  constexpr int kEach = 60;
  for (int i = 0; i < 2; ++i)
    runners.emplace_back([&, i] {
      for (int round = 0; round < kEach; ++round) {
        cloche::Sandbox sandbox(probe_spec());
        const std::string fds = descriptors_of(sandbox.exec(probe({"status"})));
        if (fds == "fds 0 1 2")
          ++good;
        else
          seen[i] = fds;
      }
    });
  for (std::thread& runner : runners) runner.join();
  stop = true;
  for (std::thread& opener : openers) opener.join();
  CAPTURE(seen[0], seen[1]);
  CHECK(good == 2 * kEach);
}

TEST_CASE("a fork of the embedder neither ends a sandbox nor keeps it alive") {
  const std::string marker = "marker-fork-" + std::to_string(::getpid());
  run_probe({"exit", "0"});  // makes what lives as long as this process, such as a guard of groups
  const std::size_t children = held().children;
  pid_t child = -1;
  {
    cloche::Sandbox sandbox(probe_spec());
    CHECK(sandbox.exec(probe({"exit", "1"})).exit_code == 1);
    child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      // The child uses its own sandbox, and ends without the destructor of its parent's.
      const bool good = run_probe({"exit", "3"}).exit_code == 3;
      ::_exit(good ? 0 : 1);
    }
    int status = -1;
    CHECK(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(sandbox.exec(probe({"exit", "2"})).exit_code == 2);
    // A fork that lives on holds copies of the sandbox's descriptors.
    child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
    CHECK(sandbox.exec(probe({"arguments", marker})).out.bytes == marker + "\n");
  }
  // The sandbox is gone although the fork lives: the fork is the only new process below this one.
  CHECK(held().children == children + 1);
  CHECK(::kill(child, SIGKILL) == 0);
  CHECK(::waitpid(child, nullptr, 0) == child);
}

TEST_CASE("a destructor in a fork leaves the sandbox to its owner") {
  run_probe({"exit", "0"});
  const std::size_t children = held().children;
  auto* sandbox = new cloche::Sandbox(probe_spec());
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::alarm(10);
    delete sandbox;
    ::_exit(0);
  }
  int status = -1;
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  delete sandbox;
  CHECK(held().children == children);
}

TEST_CASE("results are right with every setting of SIGCHLD") {
  for (const auto handler : {SIG_IGN, SIG_DFL, +[](int) {}}) {
    struct sigaction action {
    }, before{};
    action.sa_handler = handler;
    REQUIRE(::sigaction(SIGCHLD, &action, &before) == 0);
    for (int i = 0; i < 5; ++i) CHECK(run_probe({"exit", "9"}).exit_code == 9);
    CHECK(run_probe({"kill-self", "9"}).signal == 9);
    CHECK(run_probe({"leave-behind"}).exit_code == 0);
    ::sigaction(SIGCHLD, &before, nullptr);
  }
  CHECK(::waitpid(-1, nullptr, WNOHANG) <= 0);
}

TEST_CASE("a thread that waits for any child disturbs no run") {
  std::atomic<bool> stop{false};
  std::thread reaper([&] {
    while (!stop) ::waitpid(-1, nullptr, WNOHANG);
  });
  for (int i = 0; i < 50; ++i) CHECK(run_probe({"exit", "9"}).exit_code == 9);
  stop = true;
  reaper.join();
}

TEST_CASE("sandboxes of several threads do not disturb each other") {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      cloche::Sandbox sandbox(probe_spec());
      for (int round = 0; round < 20; ++round) {
        const std::string text = std::to_string(i) + " in round " + std::to_string(round);
        cloche::Command command = probe({"cat"});
        command.stdin_data = text;
        const cloche::Result cat = sandbox.exec(command);
        if (cat.out.bytes == text && cat.status == cloche::Status::ok) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 8 * 20);
}
