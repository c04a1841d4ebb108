// Every system call between the start of `cloche exec` and the end of its program fails once. The
// run must end with a documented status and one line that says what failed, or as if nothing had
// happened. It must leave nothing behind.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <set>

#include "../sandbox/fixture.h"
#include "catch.h"
#include "inject.h"
#include "util/file.h"

namespace {

const std::string kText = "the program's own words";

std::vector<std::string> command() {
  return {"exec", "--network", "loopback",  "--rootfs", probe_rootfs(),
          "--",   "/probe",    "arguments", kText};
}

// The calls that a run without faults makes. The second run: the first may have filled caches.
const Traced& clean_run() {
  static const Traced run = (trace_cloche(command()), trace_cloche(command()));
  return run;
}

// Calls of the C library itself, before main and in malloc. If these fail, the C library or the
// kernel ends the process, with messages that are not cloche's.
bool is_of_libc(const std::string& call) {
  static const std::set<std::string> calls = {"arch_prctl", "brk", "exit", "exit_group", "futex",
                                              "mmap", "mprotect", "rt_sigreturn",
                                              // These cannot fail.
                                              "getegid", "geteuid", "getpid", "umask"};
  return calls.count(call) > 0;
}

// Calls that the security of a sandbox depends on: a run in which one of them failed must not go
// on. fsopen and the like are not among them, because an overlay over the root is optional. libcap
// queries capabilities with 23 (PR_CAPBSET_READ) and 47 1 (PR_CAP_AMBIENT_IS_SET).
bool is_vital(const std::string& call) {
  static const std::set<std::string> calls = {
      "capset",    "chdir",     "clone3",     "close_range", "dup2",          "dup3",
      "execve",    "execveat",  "fchdir",     "mkdirat",     "mount_setattr", "move_mount",
      "open_tree", "openat2",   "pivot_root", "seccomp",     "setgroups",     "sethostname",
      "setresgid", "setresuid", "setsid",     "umount2"};
  return calls.count(call) > 0 ||
         (call.starts_with("prctl ") && !call.starts_with("prctl 23 ") && call != "prctl 47 1");
}

// The calls to let fail: all of them, except that of a long series of the same call only the first,
// middle and last.
std::vector<std::size_t> chosen(const std::vector<std::string>& calls) {
  std::vector<std::size_t> indexes;
  for (std::size_t begin = 0; begin < calls.size();) {
    std::size_t end = begin + 1;
    while (end < calls.size() && calls[end] == calls[begin]) ++end;
    for (std::size_t i = begin; i < end; ++i)
      if (end - begin <= 6 || i == begin || i == (begin + end) / 2 || i + 1 == end)
        indexes.push_back(i);
    begin = end;
  }
  return indexes;
}

std::size_t mounts() {
  std::ifstream lines("/proc/self/mountinfo");
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.find(probe_rootfs()) != std::string::npos) ++count;
  return count;
}

void check(const Traced& run, Role role, int error) {
  CAPTURE(run.call, run.status, run.err, run.out);
  CHECK_FALSE(run.hung);
  CHECK_FALSE(run.left_behind);
  if (run.status == 0) {
    if (role != Role::launcher) CHECK_FALSE(is_vital(run.call));
    CHECK(run.out == kText + "\n");
    CHECK(run.err.empty());
    return;
  }
  CHECK((run.status == 125 || run.status == 126));
  CHECK(run.err.starts_with("cloche: "));
  CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
  // If the conversation with init fails, the message can only say that init has ended. A failed
  // close or a failed look-up of a file shows in a later step.
  const bool said = run.err.find(std::strerror(error)) != std::string::npos ||
                    run.err.find("its init has ended") != std::string::npos ||
                    run.call == "close" || run.call == "access" || run.call == "readlink";
  CHECK(said);
}

using Choice = std::function<bool(const std::string& call)>;

// Lets each chosen call of a role fail, one run each. Returns the messages.
std::set<std::string> fail_all(Role role, int error, const Choice& choice) {
  std::set<std::string> messages;
  const auto& calls = clean_run().calls[static_cast<int>(role)];
  REQUIRE(calls.size() > 5);
  for (const std::size_t index : chosen(calls)) {
    if (is_of_libc(calls[index]) || !choice(calls[index])) continue;
    const Traced run = trace_cloche(command(), Fault{role, index, error});
    // Timing may put another call at this place.
    if (!run.injected || is_of_libc(run.call) || !choice(run.call)) continue;
    check(run, role, error);
    messages.insert(run.err);
  }
  CHECK(mounts() == 0);
  return messages;
}

bool all(const std::string&) {
  return true;
}

}  // namespace

TEST_CASE("a run without faults is what the others are compared with") {
  const Traced& run = clean_run();
  CHECK(run.status == 0);
  CHECK(run.out == kText + "\n");
  for (const char* call : {"clone3", "pidfd_send_signal"})
    CHECK(std::count(run.calls[0].begin(), run.calls[0].end(), call) >= 1);
  for (const char* call : {"execveat", "pivot_root", "move_mount", "mount_setattr", "setresuid"})
    CHECK(std::count(run.calls[1].begin(), run.calls[1].end(), call) >= 1);
  for (const char* call : {"seccomp", "capset", "execve"})
    CHECK(std::count(run.calls[2].begin(), run.calls[2].end(), call) >= 1);
}

TEST_CASE("any call of the launcher can fail") {
  const auto others = [](const std::string& call) {
    return call != "read" && call != "pidfd_send_signal";
  };
  CHECK(fail_all(Role::launcher, ENOMEM, others).size() > 10);
}

TEST_CASE("any read of the launcher can fail") {
  fail_all(Role::launcher, ENOMEM, [](const std::string& call) { return call == "read"; });
}

TEST_CASE("the launcher ends though it cannot signal init") {
  fail_all(Role::launcher, EPERM,
           [](const std::string& call) { return call == "pidfd_send_signal"; });
}

TEST_CASE("any call of init can fail") {
  CHECK(fail_all(Role::init, ENOMEM, all).size() > 45);
}

TEST_CASE("any call of what becomes the program can fail") {
  fail_all(Role::program, ENOMEM, all);
}

TEST_CASE("the error of a failed start names the failed step") {
  const auto call = [](const char* name) {
    return [name](const std::string& other) { return other == name; };
  };
  std::set<std::string> messages;
  for (const char* name : {"setsid", "chdir", "seccomp", "capset", "execve"})
    messages.merge(fail_all(Role::program, EPERM, call(name)));
  CHECK(messages.size() == 5);
}

TEST_CASE("every mount call that is forbidden ends the run with an error") {
  const auto& calls = clean_run().calls[static_cast<int>(Role::init)];
  for (const char* name : {"move_mount", "open_tree", "mount_setattr", "pivot_root", "fsopen"}) {
    const auto index =
        static_cast<std::size_t>(std::find(calls.begin(), calls.end(), name) - calls.begin());
    const Traced run = trace_cloche(command(), Fault{Role::init, index, EPERM});
    CHECK(run.call == name);
    check(run, Role::init, EPERM);
    CHECK(run.status == 125);
  }
}

TEST_CASE("a profile that refuses what the start needs ends the run") {
  std::string file = "/tmp/cloche-profile-XXXXXX";
  const int fd = ::mkstemp(file.data());
  REQUIRE(fd >= 0);
  cloche::write_all(fd,
                    R"({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"action": "SCMP_ACT_ALLOW",
                        "names": ["execve", "exit", "exit_group", "read", "write"]}]})",
                    file);
  ::close(fd);
  ::chmod(file.c_str(), 0644);
  std::vector<std::string> arguments = command();
  arguments.insert(arguments.begin() + 1, {"--seccomp", file});
  const Traced run = trace_cloche(arguments);
  ::unlink(file.c_str());
  CHECK_FALSE(run.hung);
  CHECK_FALSE(run.left_behind);
}
