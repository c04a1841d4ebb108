// When the launcher is killed, at any moment, its run dies and leaves nothing behind.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "catch.h"
#include "cli/program.h"
#include "cloche/error.h"
#include "elapsed.h"
#include "fixture.h"
#include "processes.h"
#include "sandbox/launch/identity.h"
#include "util/file.h"

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// The number of control groups that the launcher `pid` has made.
std::size_t groups_of(pid_t pid) {
  std::size_t count = 0;
  std::error_code none;
  for (fs::recursive_directory_iterator each("/sys/fs/cgroup", none), end; each != end;
       each.increment(none))
    if (each->path().filename().string().starts_with("cloche." + std::to_string(pid))) ++count;
  return count;
}

// Files that belong to the users which sandboxes run as.
std::string files_of_sandboxes() {
  std::string all;
  std::error_code none;
  for (const char* place : {"/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue"})
    for (const auto& entry : fs::directory_iterator(place, none)) {
      struct stat status {};
      if (::lstat(entry.path().c_str(), &status) == 0 &&
          status.st_uid >= cloche::IdentityLease::kFirst &&
          status.st_uid < cloche::IdentityLease::kFirst + 2 * cloche::IdentityLease::kSlots)
        all += entry.path().string() + "\n";
    }
  return all;
}

// While this object exists, signals end this process and are not reported by the test framework.
// Otherwise a child that has not become the launcher yet would report them in the framework's
// place.
class DefaultSignals {
 public:
  DefaultSignals() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i) {
      struct sigaction plain {};
      plain.sa_handler = SIG_DFL;
      ::sigaction(kSignals[i], &plain, &before_[i]);
    }
  }
  ~DefaultSignals() {
    for (std::size_t i = 0; i < std::size(kSignals); ++i)
      ::sigaction(kSignals[i], &before_[i], nullptr);
  }
  DefaultSignals(const DefaultSignals&) = delete;
  DefaultSignals& operator=(const DefaultSignals&) = delete;

  static constexpr int kSignals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};

 private:
  struct sigaction before_[std::size(kSignals)];
};

// The requirement allows two seconds.
bool soon(const std::function<bool()>& condition) {
  const std::chrono::nanoseconds patience = 2s * slowness();
  const Elapsed elapsed;
  while (!condition()) {
    if (elapsed.wall() > patience && elapsed.fair() > patience) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

}  // namespace

TEST_CASE("a launcher killed at any moment leaves no process, group, mount or file") {
  const std::string mounts = cloche::read_file("/proc/self/mountinfo");
  const DefaultSignals defaults;
  std::mt19937 random(std::random_device{}());
  const int signals[] = {SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
  for (int round = 0; round < 25; ++round) {
    const std::string marker = "death-" + random_text();
    const char* act = round % 3 == 0 ? "deaf" : round % 3 == 1 ? "bomb" : "stop-everything";
    const pid_t launcher =
        start_cloche({"exec", "--rootfs", hostile_rootfs(), "--tasks", "16", "--timeout", "300s",
                      "--", "/hostile", "processes", act, marker});
    // The moments range from before the sandbox exists until its program runs.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 25000));
    ::kill(launcher, signals[round % 5]);
    REQUIRE(::waitpid(launcher, nullptr, 0) == launcher);
    INFO(act << " and signal " << signals[round % 5]);
    CHECK(soon([&] { return processes_with(marker).empty(); }));
    CHECK(soon([&] { return groups_of(launcher) == 0; }));
  }
  CHECK(cloche::read_file("/proc/self/mountinfo") == mounts);
  CHECK(files_of_sandboxes() == "");
}

TEST_CASE("the run dies with its launcher though a child of the launcher lives on") {
  // Like an embedding program that has forked a worker since: the worker holds copies of all
  // descriptors.
  const std::string marker = "orphaned-" + random_text();
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  hostile_rootfs();
  const pid_t launcher = ::fork();
  REQUIRE(launcher >= 0);
  if (launcher == 0) {
    cloche::Sandbox sandbox(hostile_spec());
    const pid_t worker = ::fork();
    if (worker == 0) {
      ::close(ends[1]);
      char byte;
      if (::read(ends[0], &byte, 1) < 0) ::_exit(1);  // until the test is over
      ::_exit(0);
    }
    sandbox.exec(hostile({"processes", "deaf", marker}));
    ::_exit(0);
  }
  ::close(ends[0]);
  CHECK(comes_true([&] { return !processes_with(marker).empty(); }));
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
  CHECK(soon([&] { return processes_with(marker).empty(); }));
  ::close(ends[1]);
  // The wall limit ends the run before the next test, whatever the answer was.
  CHECK(comes_true([&] { return processes_with(marker).empty(); }));
}

TEST_CASE("a stopped launcher does not keep its run alive beyond the limit") {
  const std::string marker = "stopped-launcher-" + random_text();
  const pid_t launcher = start_cloche({"exec", "--rootfs", hostile_rootfs(), "--timeout", "700ms",
                                       "--", "/hostile", "processes", "deaf", marker});
  // The launcher itself has the marker among its arguments, too.
  const auto run_has_begun = [&] {
    for (const pid_t pid : processes_with(marker)) try {
        if (cloche::read_file("/proc/" + std::to_string(pid) + "/cmdline").starts_with("/hostile"))
          return true;
      } catch (const cloche::Error&) {
        // It has ended meanwhile.
      }
    return false;
  };
  CHECK(comes_true(run_has_begun));
  ::kill(launcher, SIGSTOP);
  CHECK(soon([&] { return !run_has_begun(); }));
  ::kill(launcher, SIGKILL);
  ::waitpid(launcher, nullptr, 0);
}
