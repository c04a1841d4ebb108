#include "inject.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "util/fd.h"
#include "util/file.h"

namespace {

using cloche::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{10};          // for the whole run
constexpr std::chrono::seconds kPatienceForOthers{3};  // for processes that the launcher leaves

// One process that is traced.
struct Tracee {
  std::optional<Role> role;  // none: not observed
  bool in_call = false;      // between the entry and the exit of a call
  bool failing = false;      // the call is being made to fail
  std::uint64_t clone_flags = 0;
};

[[noreturn]] void broken(const char* what) {
  throw std::runtime_error(std::string(what) + " failed, errno " + std::to_string(errno));
}

std::string name_of(std::uint64_t number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), &std::free);
  return name ? name.get() : std::to_string(number);
}

// Replaces the number of the call that begins by a harmless one that every seccomp filter allows.
void skip_call(pid_t pid) {
#if defined(__x86_64__)
  if (::ptrace(PTRACE_POKEUSER, pid, offsetof(user, regs.orig_rax), long{SYS_getppid}) != 0)
    broken("ptrace");
#else
  int number = SYS_getppid;
  iovec part{&number, sizeof number};
  if (::ptrace(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &part) != 0) broken("ptrace");
#endif
}

void set_result(pid_t pid, long result) {
#if defined(__x86_64__)
  if (::ptrace(PTRACE_POKEUSER, pid, offsetof(user, regs.rax), result) != 0) broken("ptrace");
#else
  user_regs_struct registers;
  iovec part{&registers, sizeof registers};
  if (::ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &part) != 0) broken("ptrace");
  registers.regs[0] = static_cast<unsigned long long>(result);
  if (::ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &part) != 0) broken("ptrace");
#endif
}

// Interrupts waitpid(2) now and then, so that the waiting function can check the time.
class Ticks {
 public:
  Ticks() {
    struct sigaction nothing {};
    nothing.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &nothing, &before_);
    const itimerval often{{0, 250'000}, {0, 250'000}};
    ::setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~Ticks() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
    ::sigaction(SIGALRM, &before_, nullptr);
  }
  Ticks(const Ticks&) = delete;
  Ticks& operator=(const Ticks&) = delete;

 private:
  struct sigaction before_;
};

class Run {
 public:
  explicit Run(const std::optional<Fault>& fault) : fault_(fault) {}

  Traced trace(const std::vector<std::string>& arguments) {
    const UniqueFd out = cloche::memory_file({}), err = cloche::memory_file({});
    start(arguments, out.get(), err.get());
    follow();
    ::lseek(out.get(), 0, SEEK_SET);
    ::lseek(err.get(), 0, SEEK_SET);
    result_.out = cloche::read_all(out.get(), "output");
    result_.err = cloche::read_all(err.get(), "errors");
    return std::move(result_);
  }

 private:
  void start(const std::vector<std::string>& arguments, int out, int err) {
    std::vector<const char*> argv = {CLOCHE_PROGRAM};
    for (const std::string& each : arguments) argv.push_back(each.c_str());
    argv.push_back(nullptr);
    launcher_ = ::fork();
    if (launcher_ < 0) broken("fork");
    if (launcher_ == 0) {
      const int null = ::open("/dev/null", O_RDONLY);
      ::dup2(null, 0);
      ::dup2(out, 1);
      ::dup2(err, 2);
      ::syscall(SYS_close_range, 3, ~0u, 0);
      ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      ::raise(SIGSTOP);
      ::execv(argv[0], const_cast<char* const*>(argv.data()));
      ::_exit(127);
    }
    int status;
    if (::waitpid(launcher_, &status, 0) != launcher_) broken("waitpid");
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                              PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (::ptrace(PTRACE_SETOPTIONS, launcher_, nullptr, kOptions) != 0) broken("ptrace");
    tracees_[launcher_].role = std::nullopt;  // until it has become cloche
    resume(launcher_, 0);
  }

  // Follows the processes until all of the run have ended.
  void follow() {
    const Ticks ticks;
    auto deadline = Clock::now() + kPatience;
    while (!tracees_.empty()) {
      int status;
      const pid_t pid = ::waitpid(-1, &status, __WALL);
      if (Clock::now() > deadline) give_up();
      if (pid < 0 && errno == EINTR) continue;
      if (pid < 0) broken("waitpid");
      if (WIFEXITED(status) || WIFSIGNALED(status)) {
        tracees_.erase(pid);
        if (pid != launcher_) continue;
        result_.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        ended_ = true;
        deadline = Clock::now() + kPatienceForOthers;
      } else {
        stopped(pid, status);
      }
    }
  }

  void give_up() {
    (ended_ ? result_.left_behind : result_.hung) = true;
    for (const auto& [pid, tracee] : tracees_) ::kill(pid, SIGKILL);
  }

  void stopped(pid_t pid, int status) {
    const auto found = tracees_.find(pid);
    if (found == tracees_.end()) {
      // A child that its parent's event has not announced yet.
      early_.insert(pid);
      return;
    }
    Tracee& tracee = found->second;
    const int signal = WSTOPSIG(status);
    const int event = status >> 16;
    if (signal == (SIGTRAP | 0x80)) {
      called(pid, tracee);
      return resume(pid, 0);
    }
    if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK) {
      unsigned long child = 0;
      ::ptrace(PTRACE_GETEVENTMSG, pid, nullptr, &child);
      adopt(static_cast<pid_t>(child), tracee);
    } else if (event == PTRACE_EVENT_EXEC) {
      if (pid == launcher_) tracee.role = Role::launcher;
      if (tracee.role == Role::program) tracee.role = std::nullopt;
    }
    const bool is_new = fresh_.erase(pid) > 0;  // its first stop is ptrace's own
    resume(pid, event != 0 || is_new ? 0 : signal);
  }

  void adopt(pid_t child, const Tracee& parent) {
    Tracee& tracee = tracees_[child];
    if (parent.role == Role::launcher && (parent.clone_flags & CLONE_NEWPID) != 0)
      tracee.role = Role::init;
    if (parent.role == Role::init) tracee.role = Role::program;
    if (early_.erase(child) > 0)
      resume(child, 0);
    else
      fresh_.insert(child);
  }

  // Called at the entry to a call and at its exit.
  void called(pid_t pid, Tracee& tracee) {
    __ptrace_syscall_info information{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof information, &information) < 0) return;
    if (information.op == PTRACE_SYSCALL_INFO_EXIT) {
      if (tracee.failing) set_result(pid, -fault_->error);
      tracee.failing = false;
      return;
    }
    if (information.op != PTRACE_SYSCALL_INFO_ENTRY || !tracee.role) return;
    const std::uint64_t number = information.entry.nr;
    if (number == SYS_clone3)
      tracee.clone_flags = static_cast<std::uint64_t>(
          ::ptrace(PTRACE_PEEKDATA, pid, information.entry.args[0], nullptr));
    auto& calls = result_.calls[static_cast<int>(*tracee.role)];
    const std::size_t index = calls.size();
    calls.push_back(name_of(number));
    if (number == SYS_prctl)
      calls.back() += ' ' + std::to_string(information.entry.args[0]) + ' ' +
                      std::to_string(information.entry.args[1]);
    if (!fault_ || fault_->role != *tracee.role || fault_->index != index) return;
    if (number == SYS_exit || number == SYS_exit_group || number == SYS_rt_sigreturn) return;
    result_.injected = true;
    result_.call = calls.back();
    tracee.failing = true;
    // close(2) frees the descriptor even if it returns an error.
    if (number != SYS_close) skip_call(pid);
  }

  void resume(pid_t pid, int signal) {
    const Tracee& tracee = tracees_.at(pid);
    // Processes that are not observed run at full speed, except the launcher before its exec.
    const auto how = tracee.role || tracee.failing ? PTRACE_SYSCALL : PTRACE_CONT;
    // The process may have been killed meanwhile: the end of init kills its whole namespace.
    if (::ptrace(how, pid, nullptr, signal) != 0 && errno != ESRCH) broken("ptrace");
  }

  const std::optional<Fault> fault_;
  Traced result_;
  pid_t launcher_ = -1;
  bool ended_ = false;
  std::map<pid_t, Tracee> tracees_;
  std::set<pid_t> early_, fresh_;
};

}  // namespace

Traced trace_cloche(const std::vector<std::string>& arguments, const std::optional<Fault>& fault) {
  return Run(fault).trace(arguments);
}
