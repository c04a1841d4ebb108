#include "sandbox/launch/launch.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "cloche/error.h"
#include "sandbox/clone.h"
#include "sandbox/launch/obstacle.h"
#include "sandbox/protocol.h"
#include "util/paths.h"

namespace cloche {

namespace {

// The longest that init may take to answer during set-up and to hand over a file. On a busy host
// each of a thousand sandboxes gets its turn within seconds.
constexpr std::chrono::seconds kInitPatience{60};

constexpr int kProgramFd = 4;
constexpr int kGroupsFd = 5;
constexpr int kLauncherFd = 6;

// The data that the child needs to become init. The child shares the launcher's memory, so it must
// neither allocate nor take locks: it makes system calls only.
struct ChildStart {
  int program = -1, socket = -1, null = -1;
  int groups = -1, launcher = -1;  // of a guard
  bool namespaces = true;
  char* argv[3] = {nullptr, nullptr, nullptr};
  int failed = 0;
};

// exec removes the capabilities of a user that is not root, unless they are ambient. init builds
// its world with these; they count inside the new user namespace only.
bool keep_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct caps[2];
  if (syscall(SYS_capget, &header, caps) != 0) return false;
  for (auto& part : caps) part.inheritable = part.permitted;
  if (syscall(SYS_capset, &header, caps) != 0) return false;
  for (const unsigned cap :
       {CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SETPCAP,
        CAP_NET_ADMIN, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_SYS_TIME, CAP_SYS_RESOURCE})
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) != 0) return false;
  return true;
}

int become_init(void* argument) {
  ChildStart& start = *static_cast<ChildStart*>(argument);
  // Descriptors are first copied to high numbers, so that none is overwritten before it is moved.
  // After the first failure nothing more is done, so that errno keeps its value.
  bool good = true;
  const auto out_of_the_way = [&good](int fd) {
    if (!good || fd < 0) return -1;
    const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    // fcntl reports a limit of descriptors below 10 as EINVAL.
    if (copy < 0 && errno == EINVAL) errno = EMFILE;
    good = copy >= 0;
    return copy;
  };
  const int program = out_of_the_way(start.program);
  const int socket = out_of_the_way(start.socket);
  const int null = out_of_the_way(start.null);
  const int groups = out_of_the_way(start.groups);
  const int launcher = out_of_the_way(start.launcher);
  for (int fd = 0; fd < 3; ++fd) good = good && dup2(null, fd) == fd;
  good = good && dup2(socket, protocol::kSocketFd) == protocol::kSocketFd;
  good = good && dup3(program, kProgramFd, O_CLOEXEC) == kProgramFd;
  if (groups >= 0)
    good =
        good && dup2(groups, kGroupsFd) == kGroupsFd && dup2(launcher, kLauncherFd) == kLauncherFd;
  good = good && syscall(SYS_close_range, groups >= 0 ? kLauncherFd + 1 : kGroupsFd, ~0u, 0) == 0;
  if (start.namespaces) good = good && keep_capabilities();
  if (good) {
    char* environment[] = {nullptr};
    syscall(SYS_execveat, kProgramFd, "", start.argv, environment, AT_EMPTY_PATH);
  }
  start.failed = errno;
  return 127;
}

Launched start_init(ChildStart& start, std::uint64_t flags, int cgroup_fd) {
  static const std::string program_path = helper_path("cloche-init");
  UniqueFd program(::open(program_path.c_str(), O_PATH | O_CLOEXEC));
  if (!program) throw Error::from_errno("open " + program_path, errno);
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw Error::from_errno("open /dev/null", errno);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error::from_errno("make a socket for init", errno);
  Launched launched;
  launched.socket.reset(ends[0]);
  // An init that is stopped or stuck must not block its launcher for ever.
  const timeval patience{kInitPatience.count(), 0};
  for (const int direction : {SO_RCVTIMEO, SO_SNDTIMEO})
    ::setsockopt(ends[0], SOL_SOCKET, direction, &patience, sizeof patience);
  UniqueFd other(ends[1]);
  start.program = program.get();
  start.socket = other.get();
  start.null = null.get();

  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND | CLONE_PIDFD | flags;
  args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
  if (cgroup_fd >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(cgroup_fd);
  }
  CloneStack stack;
  stack.give_to(args);
  // The child shares the embedder's memory, so no signal handler of the embedder may run in it.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const long pid = clone3_run(&args, become_init, &start);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    const int failed = static_cast<int>(-pid);
    if (failed == EPERM || failed == ENOSPC || failed == ENOSYS || failed == EUSERS ||
        failed == EACCES || failed == EINVAL)
      throw Error(ErrorKind::unsupported, "make the namespaces of a sandbox", failed,
                  what_forbids_namespaces(failed).words());
    throw Error::from_errno("start a process for the sandbox", failed,
                            failed == EAGAIN ? "too many processes; see ulimit -u" : "");
  }
  launched.pid = static_cast<pid_t>(pid);
  launched.pidfd.reset(pidfd);
  if (start.failed != 0) {
    siginfo_t end{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &end, WEXITED | __WALL);
    throw Error::from_errno("execute " + program_path, start.failed);
  }
  return launched;
}

}  // namespace

Launched launch_init(int cgroup_fd) {
  ChildStart start;
  char name[] = "cloche-init";
  start.argv[0] = name;
  std::uint64_t flags =
      CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
  // With groups, each run gets a cgroup namespace that begins at its own group.
  if (cgroup_fd < 0) flags |= CLONE_NEWCGROUP;
  return start_init(start, flags, cgroup_fd);
}

Launched launch_guard(int base_fd, const char* name) {
  ChildStart start;
  char program[] = "cloche-guard";
  start.argv[0] = program;
  start.argv[1] = const_cast<char*>(name);
  start.groups = base_fd;
  const UniqueFd launcher(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
  if (!launcher) throw Error::from_errno("open a descriptor of this process", errno);
  start.launcher = launcher.get();
  start.namespaces = false;
  return start_init(start, 0, -1);
}

}  // namespace cloche
