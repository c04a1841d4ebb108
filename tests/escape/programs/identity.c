// Prints the program's identity, and tries to become another user.
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include "hostile.h"

static int say(char** arguments) {
  (void)arguments;
  uid_t uids[3];
  gid_t gids[3], groups[64];
  getresuid(&uids[0], &uids[1], &uids[2]);
  getresgid(&gids[0], &gids[1], &gids[2]);
  dprintf(1, "uids %u %u %u\ngids %u %u %u\n", uids[0], uids[1], uids[2], gids[0], gids[1],
          gids[2]);
  dprintf(1, "groups %d\n", getgroups(64, groups));
  dprintf(1, "no-new-privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  dprintf(1, "secure-bits %x\n", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
  dprintf(1, "seccomp %d\n", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
  struct rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  dprintf(1, "core %lu %lu\n", core.rlim_cur, core.rlim_max);
  for (int cap = 0; cap < 64; ++cap) {
    if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) dprintf(1, "bounding %d\n", cap);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
      dprintf(1, "ambient %d\n", cap);
  }
  struct utsname name;
  uname(&name);
  dprintf(1, "host %s\n", name.nodename);
  return 0;
}

// Waits, so that the test can read its status from outside.
static int holding(char** arguments) {
  (void)arguments;
  hold();
  return 0;
}

static void all_ids(const char* prefix, unsigned id) {
  char what[64];
  snprintf(what, sizeof what, "%ssetuid-%u", prefix, id);
  tried(what, setuid(id));
  snprintf(what, sizeof what, "%ssetresuid-%u", prefix, id);
  tried(what, setresuid(id, id, id));
  snprintf(what, sizeof what, "%ssetresgid-%u", prefix, id);
  tried(what, setresgid(id, id, id));
  setfsuid(id), setfsgid(id);
  snprintf(what, sizeof what, "%ssetfsuid-%u", prefix, id);
  tried(what, (unsigned)setfsuid(-1u) == id ? 0 : -1);
  snprintf(what, sizeof what, "%ssetgroups-%u", prefix, id);
  tried(what, setgroups(1, &id));
}

// ARGUMENTS: ids of the host.
static int become(char** arguments) {
  all_ids("", 0);
  for (int i = 0; arguments[i]; ++i) all_ids("", (unsigned)strtoul(arguments[i], NULL, 10));
  tried("no-groups", setgroups(0, NULL));
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct all[2] = {{~0u, ~0u, ~0u}, {~0u, ~0u, ~0u}};
  tried("capset", syscall(SYS_capset, &header, all));
  struct __user_cap_data_struct inheritable[2] = {{0, 0, ~0u}, {0, 0, ~0u}};
  tried("capset-inheritable", syscall(SYS_capset, &header, inheritable));
  for (unsigned long cap = 0; cap < 41; ++cap)
    tried("raise-ambient", prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
  tried("secure-bits", prctl(PR_SET_SECUREBITS, 0, 0, 0, 0));
  tried("drop-no-new-privs", prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0));
  tried("seccomp-off", prctl(PR_SET_SECCOMP, 0, 0, 0, 0));
  const struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
  tried("raise-core", setrlimit(RLIMIT_CORE, &core));
  tried("host-name", syscall(SYS_sethostname, "other", 5));
  tried("domain-name", syscall(SYS_setdomainname, "other", 5));
  for (int i = 0; i < 2; ++i) {
    const char* const map = i ? "/proc/self/gid_map" : "/proc/self/uid_map";
    const int file = open(map, O_WRONLY);
    tried(map, file < 0 ? -1 : write(file, "0 0 1\n", 6));
  }
  return 0;
}

// A set-id copy of itself and a set-id program of the image print their identities.
static int set_id(char** arguments) {
  static char bytes[4 << 20];
  const int from = open("/proc/self/exe", O_RDONLY);
  const ssize_t size = read(from, bytes, sizeof bytes);
  const int to = open("/tmp/set-id", O_CREAT | O_WRONLY, 0755);
  if (write(to, bytes, (size_t)size) != size) return 1;
  close(to);
  chmod("/tmp/set-id", 06755);
  const char* const programs[] = {"/tmp/set-id", arguments[0]};
  for (int i = 0; i < 2; ++i)
    if (programs[i] && fork() == 0) {
      execl(programs[i], programs[i], "identity", "say", NULL);
      _exit(1);
    } else {
      wait(NULL);
    }
  return 0;
}

static int dump_core(char** arguments) {
  (void)arguments;
  prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  const struct rlimit core = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &core);
  const pid_t child = fork();
  if (child == 0) abort();
  int status = 0;
  waitpid(child, &status, 0);
  dprintf(1, "dumped %d\n", WCOREDUMP(status) != 0);
  abort();
}

const struct act_group identity_group = {"identity", (const struct act[]){{"say", say},
                                                                          {"hold", holding},
                                                                          {"become", become},
                                                                          {"set-id", set_id},
                                                                          {"dump-core", dump_core},
                                                                          {0}}};
