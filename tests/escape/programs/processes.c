// Lives on after the end, or makes more processes than allowed. A last argument that an act does
// not use marks its processes for the test.
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "hostile.h"

static _Noreturn void linger(void) {
  ignore_all_signals();
  for (;;) pause();
}

static int daemons(char** arguments) {
  (void)arguments;
  if (fork() == 0) {
    setsid();
    for (int i = 0; i < 5; ++i)
      if (fork() == 0) {
        setsid();
        if (fork() == 0) linger();
        _exit(0);
      }
    _exit(0);
  }
  sleep_ms(50);
  return 0;
}

static int stopped(char** arguments) {
  (void)arguments;
  for (int i = 0; i < 5; ++i)
    if (fork() == 0) {
      setsid();
      kill(getpid(), SIGSTOP);
      linger();
    }
  sleep_ms(50);
  kill(getpid(), SIGSTOP);
  return 0;
}

// Stops every process that it can reach, and the supervisor if it could.
static int stop_everything(char** arguments) {
  (void)arguments;
  if (fork() == 0)
    for (;;) {
      kill(-1, SIGSTOP);
      kill(1, SIGSTOP);
    }
  linger();
}

static int kill_everything(char** arguments) {
  (void)arguments;
  for (int i = 0; i < 3; ++i)
    if (fork() == 0) linger();
  kill(1, SIGKILL);
  kill(-1, SIGKILL);
  linger();
}

// A process that changes its id all the time: each forks and ends.
static int hop(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  for (int i = 0; i < 4; ++i)
    if (fork() == 0) {
      setsid();
      for (;;)
        if (fork() > 0) _exit(0);
    }
  sleep_ms(50);
  return 0;
}

static int deaf(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  for (int fd = 0; fd < 1024; ++fd) close(fd);
  spin();
}

static int close_everything(char** arguments) {
  (void)arguments;
  syscall(SYS_close_range, 0, ~0u, 0);
  if (fork() == 0) linger();
  linger();
}

// Only SIGKILL reaches a parent that waits in vfork. Its child goes on.
static int vforked(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  if (vfork() == 0)
    for (;;) pause();
  return 0;
}

// Holds the ends of the run's pipes in flight, so that their end never comes.
static int keep_pipes(char** arguments) {
  (void)arguments;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) != 0) return 1;
  char byte = 0, control[CMSG_SPACE(3 * sizeof(int))] = {0};
  const int fds[3] = {1, 2, ends[1]};
  struct iovec part = {&byte, 1};
  struct msghdr message = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof fds);
  memcpy(CMSG_DATA(rights), fds, sizeof fds);
  tried("send", sendmsg(ends[0], &message, 0));
  return 0;
}

static int fork_until_refused(char** arguments) {
  (void)arguments;
  long count = 1;
  for (; count < 100000; ++count) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child == 0)
      for (;;) pause();
  }
  dprintf(1, "tasks %ld\n", count);
  hold();
  return 0;
}

static int zombies_until_refused(char** arguments) {
  (void)arguments;
  long count = 1;
  for (; count < 100000; ++count) {
    const pid_t child = fork();
    if (child < 0) break;
    if (child == 0) _exit(0);
  }
  dprintf(1, "tasks %ld\n", count);
  hold();
  return 0;
}

static void* wait_in_thread(void* argument) {
  for (;;) pause();
  return argument;
}
static int threads_until_refused(char** arguments) {
  (void)arguments;
  long count = 1;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 16384);
  pthread_t thread;
  while (count < 100000 && pthread_create(&thread, &small, wait_in_thread, NULL) == 0) ++count;
  dprintf(1, "tasks %ld\n", count);
  hold();
  return 0;
}

// A fork bomb: every child does the same.
static int bomb(char** arguments) {
  (void)arguments;
  ignore_all_signals();
  while (fork() >= -1) {
  }
  return 0;
}

// The same, after another process has read that it begins.
static int loud_bomb(char** arguments) {
  dprintf(1, "ready\n");
  return bomb(arguments);
}

static int subreaper(char** arguments) {
  (void)arguments;
  // Orphans become children of this process and not of pid 1.
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  for (int i = 0; i < 10; ++i)
    if (fork() == 0) {
      if (fork() == 0) linger();
      _exit(0);
    }
  sleep_ms(50);
  return 0;
}

static int holding(char** arguments) {
  (void)arguments;
  hold();
  return 0;
}

const struct act_group processes_group = {
    "processes", (const struct act[]){{"daemons", daemons},
                                      {"stopped", stopped},
                                      {"stop-everything", stop_everything},
                                      {"kill-everything", kill_everything},
                                      {"hop", hop},
                                      {"deaf", deaf},
                                      {"close-everything", close_everything},
                                      {"vforked", vforked},
                                      {"keep-pipes", keep_pipes},
                                      {"fork-until-refused", fork_until_refused},
                                      {"zombies-until-refused", zombies_until_refused},
                                      {"threads-until-refused", threads_until_refused},
                                      {"bomb", bomb},
                                      {"loud-bomb", loud_bomb},
                                      {"subreaper", subreaper},
                                      {"hold", holding},
                                      {0}}};
