// Uses more CPU time than allowed, in ways that are hard to add up.
#include <pthread.h>
#include <sys/resource.h>

#include "hostile.h"

static void burn(long milliseconds) {
  struct timespec begin, now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  do {
    for (volatile int i = 0; i < 10000; ++i) {
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 <
           milliseconds);
}

static int alone(char** arguments) {
  (void)arguments;
  spin();
}

static int children(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 8); ++i)
    if (fork() == 0) spin();
  keep();
}

static void* spin_in_thread(void* argument) {
  if (!argument) spin();
  return argument;
}
static int threads(char** arguments) {
  for (long i = 0; i < number(arguments, 0, 8); ++i) {
    pthread_t thread;
    pthread_create(&thread, NULL, spin_in_thread, NULL);
  }
  keep();
}

// Children whose parent ignores their end: the kernel reaps them, and their CPU time is lost.
static int unwaited(char** arguments) {
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    for (int i = 0; i < 4; ++i)
      if (fork() == 0) {
        burn(number(arguments, 0, 15));
        _exit(0);
      }
    while (waitpid(-1, NULL, 0) > 0) {
    }
  }
}

// The same with orphans, which have no parent to ask.
static int orphans(char** arguments) {
  for (;;) {
    if (fork() == 0) {
      if (fork() == 0) burn(number(arguments, 0, 15));
      _exit(0);
    }
    wait(NULL);
    sleep_ms(number(arguments, 0, 15));
  }
}

// A chain of processes: each lives for a moment only.
static int relay(char** arguments) {
  for (;;) {
    burn(number(arguments, 0, 3));
    if (fork() > 0) {
      // The first must stay, since its end is the end of the run.
      if (getppid() == 1 && getsid(0) == getpid()) keep();
      _exit(0);
    }
  }
}

// Zombies that are never reaped still count.
static int zombies(char** arguments) {
  for (int i = 0; i < 100; ++i) {
    if (fork() == 0) {
      burn(number(arguments, 0, 15));
      _exit(0);
    }
    sleep_ms(number(arguments, 0, 15));
  }
  keep();
}

static int unlimited(char** arguments) {
  (void)arguments;
  const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CPU, &none);
  setpriority(PRIO_PROCESS, 0, 19);
  setpriority(PRIO_USER, 0, 19);
  ignore_all_signals();
  spin();
}

const struct act_group cpu_group = {"cpu", (const struct act[]){{"alone", alone},
                                                                {"children", children},
                                                                {"threads", threads},
                                                                {"unwaited", unwaited},
                                                                {"orphans", orphans},
                                                                {"relay", relay},
                                                                {"zombies", zombies},
                                                                {"unlimited", unlimited},
                                                                {0}}};
