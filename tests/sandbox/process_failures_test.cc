// A started program where something goes wrong: limits, exceptions, hostile programs, no init.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <stdexcept>

#include "catch.h"
#include "cloche/error.h"
#include "cloche/process.h"
#include "fixture.h"
#include "processes.h"
#include "started.h"
#include "util/fd.h"

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

namespace {

void kill_init() {
  for (const pid_t child : children_of(::getpid()))
    if (name_of(child) == "cloche-init") ::kill(child, SIGKILL);
}

}  // namespace

TEST_CASE("more signals than can wait are refused, and a kill still ends the program") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"flood", "1", "1000000000000"});
  command.capture = false;
  std::optional<ErrorKind> kind;
  Process* running = nullptr;
  // The function holds up the one who serves.
  command.on_output = [&](int, std::string_view) {
    if (kind) return;
    kind = refused([&] {
      for (int i = 0; i < 200000; ++i) running->signal(SIGURG);
    });
    running->kill();
  };
  Process process = sandbox.start(command);
  running = &process;
  CHECK(process.wait().status == Status::cancelled);
  CHECK(kind == ErrorKind::system);
}

TEST_CASE("a file that cannot be put is an error, and the program goes on") {
  Spec spec = probe_spec();
  spec.tmpfs = {{"/tmp"}, {"/workspace", 1 << 20}};
  Sandbox sandbox(spec);
  Process process = sandbox.start(probe({"await-file", "small"}));
  CHECK(refused([&] { process.put("large", std::string(2 << 20, 'x')); }) == ErrorKind::no_space);
  CHECK(refused([&] { process.put("/etc/file", ""); }).has_value());
  CHECK(refused([&] { process.put("", ""); }) == ErrorKind::usage);
  process.put("small", "x");
  CHECK(process.wait().exit_code == 0);
  CHECK(sandbox.get("large") == std::nullopt);
  // Nothing of the attempt is left to take room.
  sandbox.put("large", std::string(900 << 10, 'x'));
}

TEST_CASE("a program that changes directories to links cannot lead a file elsewhere") {
  Sandbox sandbox(probe_spec());
  for (const char* target : {"/tmp", "/proc/self/fd/3", "/proc/1/root/tmp"}) {
    std::string seen;
    Process process = sandbox.start(speaking({"juggle", "place", target}, seen));
    serve_until_said(process, seen, "ready\n");
    int failed = 0;
    for (int i = 0; i < 300; ++i) {
      const std::string number = std::to_string(i);
      for (const std::string& path : {"place/" + number, "place/in" + number + "/file"})
        failed += refused([&] { process.put(path, number); }).has_value() ? 1 : 0;
    }
    INFO(target << ": " << failed << " failed");
    process.kill();
    CHECK(process.wait().status == Status::cancelled);
    for (int i = 0; i < 300; ++i) {
      CHECK(sandbox.get("/tmp/" + std::to_string(i)) == std::nullopt);
      CHECK(sandbox.get("/tmp/in" + std::to_string(i) + "/file") == std::nullopt);
    }
  }
}

TEST_CASE("limits hold for a started program") {
  Spec spec = probe_spec();
  spec.limits.memory_bytes = 64 << 20;
  spec.limits.wall_time = 20s;
  spec.limits.stdout_bytes = 1000;
  spec.limits.output_action = cloche::OutputAction::kill;
  Sandbox sandbox(spec);
  CHECK(sandbox.start(probe({"allocate", "2000"})).wait().status == Status::memory_limit);
  const Result flooded = sandbox.start(probe({"flood", "1", "100000000000"})).wait();
  CHECK(flooded.reason_code == Reason::stdout_limit);
  CHECK(flooded.out.bytes.size() == 1000);
  Command command = probe({"sleep", "60"});
  command.limits = spec.limits;
  command.limits->wall_time = 100ms;
  CHECK(sandbox.start(command).wait().reason_code == Reason::wall_time);
  spec.limits.cpu_time = 300ms;
  Sandbox measured(spec);
  CHECK(measured.start(probe({"spin-in-children", "2"})).wait().reason_code == Reason::cpu_time);
}

TEST_CASE("the wall limit ends a program that nobody serves") {
  Sandbox sandbox(probe_spec());
  const std::string marker = "marker-walled-" + std::to_string(::getpid());
  Command command = probe({"ignore-and-spin", marker});
  command.limits.emplace().wall_time = 300ms;
  Process process = sandbox.start(command);
  REQUIRE(comes_true([&] { return any_process_with(marker); }));
  CHECK(comes_true([&] { return !any_process_with(marker); }));
  CHECK(process.wait().reason_code == Reason::wall_time);
}

TEST_CASE("an exception of the caller's function ends the program") {
  Sandbox sandbox(probe_spec());
  const std::string marker = "marker-thrown-" + std::to_string(::getpid());
  Command command = probe({"flood", "1", "1000000000000", marker});
  command.on_output = [](int, std::string_view) { throw std::runtime_error("mine"); };
  Process process = sandbox.start(command);
  CHECK_THROWS_WITH(process.wait(), "mine");
  CHECK_FALSE(any_process_with(marker));
  CHECK(refused([&] { process.wait(); }) == ErrorKind::usage);
  CHECK_THROWS_WITH(sandbox.exec(command), "mine");
  CHECK(sandbox.exec(probe({"exit", "7"})).exit_code == 7);
}

TEST_CASE("the caller's function cannot wait for its own program, but kill it") {
  Sandbox sandbox(probe_spec());
  Process* running = nullptr;
  std::optional<ErrorKind> kind;
  Command command = probe({"flood", "1", "1000000000000"});
  command.capture = false;
  command.on_output = [&](int, std::string_view) {
    kind = refused([&] { running->wait(); });
    running->kill();
  };
  Process process = sandbox.start(command);
  running = &process;
  CHECK(process.wait().status == Status::cancelled);
  CHECK(kind == ErrorKind::usage);
}

TEST_CASE("a work directory that is not there is told by wait, whatever was put meanwhile") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"exit", "0"});
  command.work_dir = "/missing";
  {
    Process process = sandbox.start(command);
    sandbox.put("file", "content");
    CHECK_THROWS_AS(process.wait(), cloche::WorkDirError);
  }
  { const Process dropped = sandbox.start(command); }
  CHECK(sandbox.get("file") == "content");
  CHECK(sandbox.exec(probe({"exit", "8"})).exit_code == 8);
}

TEST_CASE("an init that is killed is an error of the sandbox, and nothing hangs") {
  {
    Sandbox sandbox(probe_spec());
    Process process = sandbox.start(probe({"sleep", "60"}));
    kill_init();
    CHECK(refused([&] { process.wait(); }) == ErrorKind::internal);
    CHECK(refused([&] { sandbox.exec(probe({"exit", "0"})); }) == ErrorKind::internal);
  }
  Sandbox sandbox(probe_spec());
  Process process = sandbox.start(probe({"sleep", "60"}));
  kill_init();
  CHECK(refused([&] { process.put("file", ""); }) == ErrorKind::internal);
  process.kill();
}

TEST_CASE("a launcher without descriptors is told so, and the sandbox stays good") {
  Sandbox sandbox(probe_spec());
  Command command = probe({"converse", "3", "1"});
  command.channel = Channel{3, "x\n", [](std::string_view) { return std::string("\n"); }};
  const cloche::UniqueFd source(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  command.stdin_fd = command.cancel_fd = source.get();
  command.cancel_fd = -1;
  const cloche::UniqueFd next(::dup(0));
  const auto first = static_cast<rlim_t>(next.get()) + 1;
  int refusals = 0;
  for (rlim_t more = 0;; ++more) {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit few{first + more, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    std::optional<Process> process;
    const auto kind = refused([&] { process.emplace(sandbox.start(command)); });
    const std::optional<ErrorKind> put = refused([&] { sandbox.put("file", "content"); });
    ::setrlimit(RLIMIT_NOFILE, &before);
    if (kind) CHECK(kind == ErrorKind::system);
    if (put) CHECK(put == ErrorKind::system);
    refusals += kind ? 1 : 0;
    if (!process) continue;
    CHECK(process->wait().exit_code == 0);
    break;
  }
  // Two pipes for output, one for input, two for the channel, one for requests; copies; the set.
  CHECK(refusals > 10);
  CHECK(sandbox.exec(command).exit_code == 0);
}
