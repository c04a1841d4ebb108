// Imitates another end: a limit that was not reached, or a success that was none.
#include <sys/resource.h>

#include "hostile.h"

static int leave(char** arguments) {
  return (int)number(arguments, 0, 0);
}

static int signal_self(char** arguments) {
  signal((int)number(arguments, 0, SIGKILL), SIG_DFL);
  kill(getpid(), (int)number(arguments, 0, SIGKILL));
  sleep_ms(1000);
  return 0;
}

static int print(char** arguments) {
  for (; *arguments; ++arguments) {
    dprintf(1, "%s\n", *arguments);
    dprintf(2, "%s\n", *arguments);
  }
  return 1;
}

// Ends by a CPU limit of its own, as if the kernel had done it.
static int own_cpu_limit(char** arguments) {
  (void)arguments;
  const struct rlimit one = {1, 1};
  setrlimit(RLIMIT_CPU, &one);
  spin();
}

// Asks for more memory than there is and dies of that, far from the sandbox's limit.
static int own_memory_limit(char** arguments) {
  (void)arguments;
  const struct rlimit little = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_AS, &little);
  char* taken = malloc(64 << 20);
  if (!taken) kill(getpid(), SIGKILL);
  return taken != NULL;
}

// Ends with success while a child exceeds a limit.
static int success_of_a_child(char** arguments) {
  (void)arguments;
  if (fork() == 0) _exit(0);
  wait(NULL);
  spin();
}

// Reports its own end to pid 1 in every way that a child could.
static int fake_end(char** arguments) {
  (void)arguments;
  for (int fd = 3; fd < 64; ++fd) {
    static const unsigned ended[16] = {8, 48};
    if (write(fd, ended, sizeof ended) > 0) dprintf(1, "spoke %d\n", fd);
  }
  kill(1, SIGCHLD);
  if (fork() == 0) {
    if (fork() == 0) _exit(0);
    _exit(0);
  }
  wait(NULL);
  sleep_ms(50);
  return 42;
}

// A thread that executes another program takes over the process.
static int other_program(char** arguments) {
  (void)arguments;
  if (vfork() == 0) execl("/proc/self/exe", "hostile", "verdict", "exit", "0", NULL);
  execl("/proc/self/exe", "hostile", "verdict", "exit", "9", NULL);
  return 0;
}

const struct act_group verdict_group = {
    "verdict", (const struct act[]){{"exit", leave},
                                    {"signal-self", signal_self},
                                    {"print", print},
                                    {"own-cpu-limit", own_cpu_limit},
                                    {"own-memory-limit", own_memory_limit},
                                    {"success-of-a-child", success_of_a_child},
                                    {"fake-end", fake_end},
                                    {"other-program", other_program},
                                    {0}}};
