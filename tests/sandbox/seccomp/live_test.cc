// The kernel's real answers under the shipped profiles.
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "catch.h"
#include "sandbox/dangerous_calls.h"
#include "sandbox/fixture.h"
#include "sandbox/protocol.h"
#include "sandbox/seccomp/seccomp.h"
#include "util/file.h"

namespace seccomp = cloche::seccomp;

namespace {

// The words with which syscalls.c makes a call; empty if there is no call of that name.
std::vector<std::string> words(const DangerousCall& call, std::uint32_t library_number) {
  const int number = seccomp_syscall_resolve_name_arch(library_number, call.name.c_str());
  if (number < 0) return {};
  std::string text = std::to_string(number & ~0x40000000);
  for (const std::uint64_t each : call.arguments) text += "," + std::to_string(each);
  return {call.name, text};
}

cloche::Sandbox sandbox_with_syscalls(const std::string& profile) {
  cloche::Spec spec = probe_spec();
  spec.seccomp = profile;
  cloche::Sandbox sandbox(spec);
  sandbox.put("syscalls", cloche::read_file(SYSCALLS), 0755);
  return sandbox;
}

cloche::Command command(const std::string& way, const std::vector<std::string>& calls) {
  cloche::Command command;
  command.argv = {"/workspace/syscalls", way};
  command.argv.insert(command.argv.end(), calls.begin(), calls.end());
  return command;
}

// How a child ends that runs `act` under a profile: an exit status, or minus a signal.
int under(const std::string& profile, const std::function<int()>& act) {
  const seccomp::Filter filter = seccomp::load(profile);
  std::string bytes = cloche::read_all(filter.program.get(), "a filter");
  const sock_fprog program{static_cast<unsigned short>(bytes.size() / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter*>(bytes.data())};
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
      ::_exit(99);
    ::_exit(act());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int errno_of(long result) {
  return result < 0 ? errno : 0;
}

}  // namespace

TEST_CASE("the kernel refuses dangerous calls inside") {
  for (const char* profile : {"default", "build"}) {
    std::vector<std::string> calls;
    for (const DangerousCall& call : dangerous_calls()) {
      // The profile answers these with success without carrying them out; profiles_test.cc checks
      // that.
      if (call.name == "sync" || call.name == "syncfs") continue;
      const auto more = words(call, seccomp::audit_number(seccomp::native_architecture()));
      calls.insert(calls.end(), more.begin(), more.end());
    }
    cloche::Sandbox sandbox = sandbox_with_syscalls(profile);
    const cloche::Result result = sandbox.exec(command("native", calls));
    INFO(profile << " " << result.reason << result.err.bytes);
    std::istringstream lines(result.out.bytes);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      const std::string answer = line.substr(line.find(' ') + 1);
      INFO(line);
      CHECK((answer == "EPERM" || answer == "ENOSYS" || answer == "EBUSY"));
    }
    CHECK(count == calls.size() / 2);
    CHECK(count > 100);
  }
}

#if defined(__x86_64__)
namespace {

// Some kernels, such as User Mode Linux, treat `int $0x80` as an ordinary call. Others have no such
// entry and end the process, so a child tries it.
bool has_i386_entry() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGSEGV, SIG_DFL);
    constexpr long kGetpid = 20;
    long result = kGetpid;
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    ::_exit(result == ::getpid() ? 0 : 1);
  }
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

TEST_CASE("the kernel ends what comes by i386 or x32") {
  const std::vector<DangerousCall> calls = {
      {"getpid", {}}, {"unshare", {0x10000000}}, {"bpf", {}}, {"write", {1, 0, 0}}};
  cloche::Sandbox sandbox = sandbox_with_syscalls("default");
  for (const auto& [way, number] : {std::pair{"i386", SCMP_ARCH_X86}, {"x32", SCMP_ARCH_X32}}) {
    if (std::string(way) == "i386" && !has_i386_entry()) {
      WARN("this kernel has no i386 entry");
      continue;
    }
    for (const DangerousCall& call : calls) {
      const cloche::Result result = sandbox.exec(command(way, words(call, number)));
      INFO(way << " " << call.name << " " << result.reason << " " << result.out.bytes);
      CHECK(result.status == cloche::Status::syscall_denied);
      CHECK(result.denied_syscalls.count(way + (" " + call.name)) == 1);
    }
  }
}
#endif

TEST_CASE("programs run in a sandbox under the strict profile, and nothing more") {
  cloche::Spec spec = probe_spec();
  spec.seccomp = "strict";
  cloche::Sandbox sandbox(spec);
  CHECK(sandbox.exec(probe({"exit", "5"})).exit_code == 5);
  const cloche::Result forked = sandbox.exec(probe({"breed"}));
  CHECK(forked.status == cloche::Status::syscall_denied);
  CHECK(forked.denied_syscalls.count("clone") == 1);
  const cloche::Result talked = sandbox.exec(probe({"talk-to-self"}));
  CHECK(talked.denied_syscalls.count("socket") == 1);
}

TEST_CASE("no program under strict replaces itself, however it imitates the launcher") {
  cloche::Spec spec = probe_spec();
  spec.seccomp = "strict";
  const cloche::Result result =
      cloche::Sandbox(spec).exec(probe({"execute-by-descriptor", "/probe"}));
  CHECK(result.status == cloche::Status::ok);
  CHECK(result.out.bytes == "/probe EPERM\n");
  spec.seccomp = "default";
  const cloche::Result allowed =
      cloche::Sandbox(spec).exec(probe({"execute-by-descriptor", "/probe"}));
  CHECK(allowed.exit_code == 5);
}

TEST_CASE("strict ends what makes processes, sockets, or executes") {
  CHECK(under("strict", [] { return 7; }) == 7);
  CHECK(under("strict", [] { return errno_of(::syscall(SYS_getpid)); }) == 0);
  CHECK(under("strict", [] { return errno_of(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); }) ==
        -SIGSYS);
  CHECK(under("strict", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }) == -SIGSYS);
  CHECK(under("strict", [] { return ::execl("/proc/self/exe", "test", nullptr); }) == -SIGSYS);
  CHECK(under("strict", [] { return errno_of(::syscall(SYS_unshare, CLONE_NEWUSER)); }) == -SIGSYS);
  CHECK(under("strict", [] { return errno_of(::syscall(SYS_clone3, nullptr, 0)); }) == ENOSYS);
  CHECK(under("strict", [] { return errno_of(::open("/dev/null", O_RDWR)); }) == EROFS);
  CHECK(under("strict", [] { return errno_of(::open("/dev/null", O_RDONLY)); }) == 0);
  CHECK(under("strict", [] { return errno_of(::socket(AF_UNIX, SOCK_STREAM, 0)); }) ==
        EAFNOSUPPORT);
  // Only this descriptor is allowed.
  CHECK(under("strict", [] {
          char* const none[] = {nullptr};
          return errno_of(::syscall(SYS_execveat, 4, "", none, none, AT_EMPTY_PATH));
        }) == -SIGSYS);
}

TEST_CASE("strict runs programs that are started by their descriptor") {
  const auto run = [&](const char* path, std::vector<const char*> words) {
    words.push_back(nullptr);
    return under("strict", [&] {
      const rlimit low{256, 256};
      constexpr int kProgramFd = cloche::protocol::kProgramDescriptor;
      if (::dup3(::open(path, O_RDONLY | O_CLOEXEC), kProgramFd, O_CLOEXEC) < 0) return 102;
      if (::setrlimit(RLIMIT_NOFILE, &low) != 0) return 103;
      ::syscall(SYS_execveat, kProgramFd, "", words.data(), environ, AT_EMPTY_PATH);
      return 104;
    });
  };
  CHECK(run(PROBE, {"probe", "exit", "5"}) == 5);
  CHECK(run("/usr/bin/python3",
            {"python3", "-c",
             "import threading, math\nt = threading.Thread(target=print, args=('',))\n"
             "t.start(); t.join(); exit(int(math.sqrt(36)))"}) == 6);
  CHECK(run("/usr/bin/python3", {"python3", "-c", "import os; os.fork()"}) == -SIGSYS);
  CHECK(run("/usr/bin/python3", {"python3", "-c", "import os; os.system('true')"}) == -SIGSYS);
}

TEST_CASE("no program under a profile listens to the calls of others") {
  for (const char* profile : {"default", "strict", "build"}) {
    INFO(profile);
    CHECK(under(profile, [] {
            sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
            const sock_fprog program{1, &allow};
            return errno_of(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program));
          }) == EBUSY);
  }
}
