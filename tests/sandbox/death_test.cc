// When the launcher is killed, its runs leave nothing behind.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "fixture.h"
#include "processes.h"
#include "util/file.h"

namespace {

std::size_t cgroups_of(pid_t launcher) {
  std::size_t count = 0;
  for (const char* base : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(base, none))
      if (entry.path().filename().string().starts_with("cloche." + std::to_string(launcher)))
        ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("a killed launcher leaves no process and no control group") {
  for (const int number : {SIGKILL, SIGTERM, SIGINT}) {
    const std::string marker =
        "marker-death-" + std::to_string(::getpid()) + std::to_string(number);
    probe_rootfs();
    const pid_t launcher = ::fork();
    REQUIRE(launcher >= 0);
    if (launcher == 0) {
      ::signal(number, SIG_DFL);
      cloche::Limits limits;
      limits.wall_time = std::chrono::seconds(600);
      run_probe({"ignore-and-spin", marker}, limits);
      ::_exit(0);
    }
    REQUIRE(comes_true([&] { return any_process_with(marker); }));
    REQUIRE(::kill(launcher, number) == 0);
    REQUIRE(::waitpid(launcher, nullptr, 0) == launcher);
    CHECK(comes_true([&] { return !any_process_with(marker); }));
    CHECK(comes_true([&] { return cgroups_of(launcher) == 0; }));
  }
}

TEST_CASE("a stopped init holds its launcher no longer than the wall limit, whatever is written") {
  cloche::Spec spec = probe_spec();
  spec.limits.wall_time = std::chrono::seconds(2);
  cloche::Sandbox sandbox(spec);
  // A program that writes without pause keeps the launcher busy all the time.
  cloche::Command command = probe({"flood", "1", "1000000000000"});
  command.capture = false;
  bool stopped = false;
  command.on_output = [&stopped](int, std::string_view) {
    if (stopped) return;
    for (const pid_t child : children_of(::getpid()))
      if (name_of(child) == "cloche-init") stopped = ::kill(child, SIGSTOP) == 0;
  };
  const cloche::Result result = sandbox.exec(command);
  CHECK(stopped);
  CHECK(result.status == cloche::Status::time_limit);
  CHECK(result.out.total > 0);
}

TEST_CASE("many sandboxes leave no descriptor, child or mount behind") {
  const auto entries = [](const char* path) {
    return std::distance(std::filesystem::directory_iterator(path), {});
  };
  run_probe({"exit", "0"});  // makes everything that is made only once
  const auto fds = entries("/proc/self/fd");
  const std::string children = "/proc/self/task/" + std::to_string(::getpid()) + "/children";
  const std::string before = cloche::read_file(children);
  for (int i = 0; i < 30; ++i) CHECK(run_probe({"exit", "0"}).exit_code == 0);
  CHECK(entries("/proc/self/fd") == fds);
  CHECK(cloche::read_file(children) == before);
}
