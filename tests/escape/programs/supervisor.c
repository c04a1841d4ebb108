// Attacks on the supervisor: signals, priorities, limits and traces of pid 1 and of the host.
#include <sched.h>
#include <sys/inotify.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "hostile.h"

// Sends every signal by every call, to pid 1 and then to all processes.
static int signals(char** arguments) {
  (void)arguments;
  siginfo_t information;
  memset(&information, 0, sizeof information);
  information.si_code = SI_QUEUE;
  const int init = (int)syscall(SYS_pidfd_open, 1, 0);
  for (int round = 0; round < 3; ++round)
    for (int each = 1; each <= 64; ++each) {
      if (each == SIGKILL && round == 2) continue;
      kill(1, each);
      syscall(SYS_tkill, 1, each);
      syscall(SYS_tgkill, 1, 1, each);
      syscall(SYS_rt_sigqueueinfo, 1, each, &information);
      syscall(SYS_rt_tgsigqueueinfo, 1, 1, each, &information);
      if (init >= 0) syscall(SYS_pidfd_send_signal, init, each, NULL, 0);
      if (fork() == 0) {
        for (int own = 1; own <= SIGRTMAX; ++own) signal(own, SIG_IGN);
        kill(-1, each);
        _exit(0);
      }
    }
  signal(SIGTERM, SIG_IGN);
  dprintf(1, "done\n");
  return 0;
}

// Tries every possible process id.
static int everyone(char** arguments) {
  const pid_t self = getpid();
  const int signal_number = (int)number(arguments, 0, SIGKILL);
  long reached = 0;
  for (pid_t pid = 2; pid < 100000; ++pid)
    if (pid != self && kill(pid, signal_number) == 0) ++reached;
  dprintf(1, "reached %ld\n", reached);
  return 0;
}

static int priorities(char** arguments) {
  (void)arguments;
  tried("nice-init", setpriority(PRIO_PROCESS, 1, 19));
  tried("nice-group-of-init", setpriority(PRIO_PGRP, 1, 19));
  tried("raise-own", setpriority(PRIO_PROCESS, 0, -20));
  setpriority(PRIO_USER, 0, 19);
  setpriority(PRIO_USER, getuid(), 19);
  struct sched_param realtime = {.sched_priority = 1}, idle = {0};
  tried("fifo", syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &realtime));
  tried("round-robin", syscall(SYS_sched_setscheduler, 0, SCHED_RR, &realtime));
  tried("idle-init", syscall(SYS_sched_setscheduler, 1, SCHED_IDLE, &idle));
  tried("param-init", syscall(SYS_sched_setparam, 1, &idle));
  // struct sched_attr of sched_setattr(2), which libc lacks.
  struct {
    unsigned size, policy;
    unsigned long long flags;
    int nice;
    unsigned priority;
    unsigned long long runtime, deadline, period;
  } attributes = {sizeof attributes, SCHED_DEADLINE, 0, 0, 0, 1000000, 10000000, 10000000};
  tried("deadline", syscall(SYS_sched_setattr, 0, &attributes, 0));
  attributes.policy = SCHED_IDLE;
  tried("attributes-init", syscall(SYS_sched_setattr, 1, &attributes, 0));
  unsigned long one = 1;
  tried("affinity-init", syscall(SYS_sched_setaffinity, 1, sizeof one, &one));
  tried("io-priority-init", syscall(SYS_ioprio_set, 1, 1, 3 << 13));
  struct rlimit small = {1, 1};
  tried("limit-init", syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, &small, NULL));
  tried("limit-init-cpu", syscall(SYS_prlimit64, 1, RLIMIT_CPU, &small, NULL));
  tried("limits-of-init", syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, &small));
  const struct rlimit high = {RLIM_INFINITY, RLIM_INFINITY};
  tried("raise-tasks", setrlimit(RLIMIT_NPROC, &high));
  tried("raise-files", setrlimit(RLIMIT_NOFILE, &high));
  tried("raise-realtime", setrlimit(RLIMIT_RTPRIO, &high));
  tried("raise-nice", setrlimit(RLIMIT_NICE, &high));
  return 0;
}

static int own_priority(char** arguments) {
  (void)arguments;
  dprintf(1, "nice %d\n", getpriority(PRIO_PROCESS, 0));
  return 0;
}

// Reads, writes and stops other processes: pid 1, and pids that the host may have.
static int trace(char** arguments) {
  char bytes[64];
  struct iovec local = {bytes, sizeof bytes}, remote = {(void*)0x400000, sizeof bytes};
  const pid_t target = (pid_t)number(arguments, 0, 1);
  tried("attach", ptrace(PTRACE_ATTACH, target, 0, 0));
  tried("seize", ptrace(PTRACE_SEIZE, target, 0, 0));
  tried("read-memory", syscall(SYS_process_vm_readv, target, &local, 1, &remote, 1, 0));
  tried("write-memory", syscall(SYS_process_vm_writev, target, &local, 1, &remote, 1, 0));
  const int process = (int)syscall(SYS_pidfd_open, target, 0);
  tried("take-descriptor", syscall(SYS_pidfd_getfd, process, 3, 0));
  tried("advise", syscall(SYS_process_madvise, process, &remote, 1, 20, 0));
  tried("release-memory", syscall(SYS_process_mrelease, process, 0));
  tried("compare", syscall(SYS_kcmp, getpid(), target, 0, 0, 0));
  tried("move-pages", syscall(SYS_move_pages, target, 0, NULL, NULL, NULL, 0));
  tried("migrate-pages", syscall(SYS_migrate_pages, target, 0, NULL, NULL));
  tried("become-traceable-parent", ptrace(PTRACE_TRACEME, 0, 0, 0));
  return 0;
}

// Takes as much as possible of a resource that the kernel limits per user, and holds it.
static int use_up_signals(char** arguments) {
  (void)arguments;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  const union sigval value = {0};
  long count = 0;
  while (count < 1000000 && sigqueue(getpid(), SIGRTMIN, value) == 0) ++count;
  dprintf(1, "queued %ld\n", count);
  hold();
  return 0;
}
static int use_up_watchers(char** arguments) {
  (void)arguments;
  long count = 0;
  while (count < 1000 && inotify_init1(0) >= 0) ++count;
  dprintf(1, "watchers %ld\n", count);
  hold();
  return 0;
}
// Descriptors in flight are counted for the user, too.
static int use_up_flights(char** arguments) {
  (void)arguments;
  enum { kEach = 250 };
  int fds[kEach], ends[2];
  for (int i = 0; i < kEach; ++i) fds[i] = 0;
  long sent = 0;
  char byte = 0, control[CMSG_SPACE(sizeof fds)];
  struct iovec part = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  memset(control, 0, sizeof control);
  struct cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(rights), fds, sizeof fds);
  while (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0) {
    if (sendmsg(ends[0], &message, MSG_DONTWAIT) < 0) break;
    sent += kEach;
  }
  dprintf(1, "sent %ld\n", sent);
  hold();
  return 0;
}

// Wakes up as often as possible, in as many processes as allowed.
static int storm(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  while (fork() >= -1) {
  }
  return 0;
}

// Makes as many refused calls as possible: if the supervisor had to answer each, it would be busy.
static int refused_calls(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  for (int i = 0; i < 60; ++i)
    if (fork() == 0) break;
  for (long call = 0; call >= 0; call = (call + 1) % 450) {
    if (call == SYS_exit || call == SYS_exit_group || call == SYS_pause || call == SYS_fork ||
        call == SYS_vfork || call == SYS_rt_sigreturn || call == SYS_rt_sigsuspend)
      continue;
    syscall(SYS_ptrace, 0, 0, 0, 0);
    syscall(call > 334 || call < 300 ? SYS_keyctl : call, -1, -1, -1, -1, -1, -1);
  }
  return 0;
}

const struct act_group supervisor_group = {
    "supervisor", (const struct act[]){{"signals", signals},
                                       {"everyone", everyone},
                                       {"priorities", priorities},
                                       {"own-priority", own_priority},
                                       {"trace", trace},
                                       {"use-up-signals", use_up_signals},
                                       {"use-up-watchers", use_up_watchers},
                                       {"use-up-flights", use_up_flights},
                                       {"storm", storm},
                                       {"refused-calls", refused_calls},
                                       {0}}};
