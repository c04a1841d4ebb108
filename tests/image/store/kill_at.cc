#include "kill_at.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "catch.h"
#include "image/fixture.h"

namespace cloche::image::test {

namespace {

std::string name_of(std::uint64_t number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), &std::free);
  return name ? name.get() : std::to_string(number);
}

bool is_changing(const __ptrace_syscall_info& information) {
  const auto& arguments = information.entry.args;
  switch (information.entry.nr) {
    case SYS_openat:
      return (arguments[2] & (O_CREAT | O_TRUNC)) != 0;
    case SYS_unlinkat:
    case SYS_renameat2:
    case SYS_mkdirat:
    case SYS_linkat:
    case SYS_symlinkat:
    case SYS_fchmod:
    case SYS_fchmodat:
    case SYS_write:
    case SYS_exit_group:
#ifdef __x86_64__
    case SYS_open:
    case SYS_unlink:
    case SYS_rmdir:
    case SYS_rename:
    case SYS_renameat:
    case SYS_mkdir:
    case SYS_chmod:
#endif
      return true;
    default:
      return false;
  }
}

int wait_for_stop(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

std::string kill_at(std::size_t index, Calls calls, const std::function<int()>& work) {
  const pid_t child = start_child([&work] {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0 || ::raise(SIGSTOP) != 0) return 98;
    return work();
  });
  int status = wait_for_stop(child);
  REQUIRE(WIFSTOPPED(status));
  REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) ==
          0);
  int signal = 0;
  for (std::size_t count = 0;;) {
    REQUIRE(::ptrace(PTRACE_SYSCALL, child, nullptr, signal) == 0);
    status = wait_for_stop(child);
    if (!WIFSTOPPED(status)) {
      CHECK(status == 0);
      return {};
    }
    signal = WSTOPSIG(status);
    if (signal != (SIGTRAP | 0x80)) continue;
    signal = 0;
    __ptrace_syscall_info information{};
    REQUIRE(::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof information, &information) > 0);
    if (information.op != PTRACE_SYSCALL_INFO_ENTRY) continue;
    if (calls == Calls::changing && !is_changing(information)) continue;
    if (count++ != index) continue;
    REQUIRE(::kill(child, SIGKILL) == 0);
    status = wait_for_stop(child);
    REQUIRE(WIFSIGNALED(status));
    return name_of(information.entry.nr);
  }
}

}  // namespace cloche::image::test
