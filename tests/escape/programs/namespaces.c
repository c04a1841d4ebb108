// New namespaces, and the namespaces of other processes.
#include <linux/sched.h>
#include <sys/prctl.h>

#include "hostile.h"

extern int unshare(int);
extern int setns(int, int);

static const struct {
  const char* name;
  unsigned long flag;
} kinds[] = {{"user", CLONE_NEWUSER}, {"mnt", CLONE_NEWNS},       {"pid", CLONE_NEWPID},
             {"net", CLONE_NEWNET},   {"ipc", CLONE_NEWIPC},      {"uts", CLONE_NEWUTS},
             {"time", CLONE_NEWTIME}, {"cgroup", CLONE_NEWCGROUP}};
enum { kKinds = sizeof kinds / sizeof *kinds };

static int make(char** arguments) {
  (void)arguments;
  char what[64];
  for (int i = 0; i < kKinds; ++i) {
    snprintf(what, sizeof what, "unshare-%s", kinds[i].name);
    tried(what, unshare((int)kinds[i].flag));
    snprintf(what, sizeof what, "unshare-user-and-%s", kinds[i].name);
    tried(what, unshare((int)(kinds[i].flag | CLONE_NEWUSER)));
    struct clone_args args = {.flags = kinds[i].flag, .exit_signal = SIGCHLD};
    snprintf(what, sizeof what, "clone3-%s", kinds[i].name);
    long child = syscall(SYS_clone3, &args, sizeof args);
    if (child == 0) _exit(0);
    tried(what, child);
    if (kinds[i].flag == CLONE_NEWTIME) continue;  // clone(2) has no bit for it
    snprintf(what, sizeof what, "clone-%s", kinds[i].name);
    child = syscall(SYS_clone, kinds[i].flag | SIGCHLD, 0, 0, 0, 0);
    if (child == 0) _exit(0);
    tried(what, child);
    // Harmless flags, and bits that the kernel ignores, must not hide the flag.
    snprintf(what, sizeof what, "clone-among-others-%s", kinds[i].name);
    child = syscall(SYS_clone, kinds[i].flag | 0xffff00000000 | CLONE_PARENT_SETTID | SIGCHLD, 0, 0,
                    0, 0);
    if (child == 0) _exit(0);
    tried(what, child);
  }
  struct clone_args plain = {.exit_signal = SIGCHLD};
  const long child = syscall(SYS_clone3, &plain, sizeof plain);
  if (child == 0) _exit(0);
  tried("clone3", child);
  return 0;
}

static int enter(char** arguments) {
  char path[64], what[64];
  const pid_t pids[] = {1, getpid(), getppid(), (pid_t)number(arguments, 0, 2)};
  for (size_t process = 0; process < sizeof pids / sizeof *pids; ++process) {
    for (int i = 0; i < kKinds; ++i) {
      snprintf(path, sizeof path, "/proc/%d/ns/%s", pids[process], kinds[i].name);
      snprintf(what, sizeof what, "setns-%s-of-%d", kinds[i].name, pids[process]);
      tried(what, setns(open(path, O_RDONLY), (int)kinds[i].flag));
    }
    const int file = (int)syscall(SYS_pidfd_open, pids[process], 0);
    snprintf(what, sizeof what, "setns-all-of-%d", pids[process]);
    tried(what, setns(file, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET));
    // The parents of namespaces, by their ioctls: NS_GET_USERNS, NS_GET_PARENT, NS_GET_OWNER_UID.
    snprintf(path, sizeof path, "/proc/%d/ns/user", pids[process]);
    const int user = open(path, O_RDONLY);
    for (unsigned request = 0xb701; request <= 0xb704; ++request) {
      snprintf(what, sizeof what, "ioctl-%x-of-%d", request, pids[process]);
      int owner = 0;
      tried(what, syscall(SYS_ioctl, user, request, &owner));
    }
  }
  return 0;
}

// Waits, so that the test can look at /proc/PID/ns from outside.
static int holding(char** arguments) {
  (void)arguments;
  hold();
  return 0;
}

const struct act_group namespaces_group = {
    "namespaces", (const struct act[]){{"make", make}, {"enter", enter}, {"hold", holding}, {0}}};
