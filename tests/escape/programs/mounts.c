// Mounting, by the old calls and the new, and leaving the root.
#include <linux/mount.h>

#include "hostile.h"

// libc's header of these calls conflicts with the kernel's, which has the newer ones.
extern int mount(const char*, const char*, const char*, unsigned long, const void*);
extern int umount2(const char*, int);

enum { kReadOnly = 1, kRemount = 32, kBind = 4096, kRecursive = 16384, kDetach = 2 };

static int old(char** arguments) {
  (void)arguments;
  tried("tmpfs", mount("none", "/tmp", "tmpfs", 0, ""));
  tried("proc", mount("none", "/tmp", "proc", 0, ""));
  tried("sysfs", mount("none", "/tmp", "sysfs", 0, ""));
  tried("cgroup2", mount("none", "/tmp", "cgroup2", 0, ""));
  tried("devpts", mount("none", "/tmp", "devpts", 0, ""));
  tried("mqueue", mount("none", "/tmp", "mqueue", 0, ""));
  tried("overlay", mount("none", "/tmp", "overlay", 0, "lowerdir=/,upperdir=/tmp,workdir=/tmp"));
  tried("fuse", mount("none", "/tmp", "fuse", 0, "fd=0,rootmode=40000,user_id=0,group_id=0"));
  tried("binfmt", mount("none", "/tmp", "binfmt_misc", 0, ""));
  tried("bind", mount("/", "/tmp", NULL, kBind, NULL));
  tried("bind-all", mount("/", "/tmp", NULL, kBind | kRecursive, NULL));
  tried("bind-proc", mount("/proc/1/root", "/tmp", NULL, kBind, NULL));
  const char* const places[] = {"/", "/proc", "/dev", "/bound", "/dev/null", "/tmp"};
  char what[64];
  for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
    snprintf(what, sizeof what, "remount:%s", places[i]);
    tried(what, mount(NULL, places[i], NULL, kRemount, NULL));
    snprintf(what, sizeof what, "remount-bind:%s", places[i]);
    tried(what, mount(NULL, places[i], NULL, kRemount | kBind, NULL));
    snprintf(what, sizeof what, "propagate:%s", places[i]);
    tried(what, mount(NULL, places[i], NULL, 1 << 20 /* MS_SHARED */, NULL));
    snprintf(what, sizeof what, "unmount:%s", places[i]);
    tried(what, umount2(places[i], 0));
    snprintf(what, sizeof what, "detach:%s", places[i]);
    tried(what, umount2(places[i], kDetach));
  }
  return 0;
}

static int new (char** arguments) {
  (void)arguments;
  const char* const kinds[] = {"tmpfs", "proc", "sysfs", "overlay", "cgroup2", "devpts", "mqueue"};
  char what[64];
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
    snprintf(what, sizeof what, "fsopen:%s", kinds[i]);
    const long made = tried(what, syscall(SYS_fsopen, kinds[i], 0));
    if (made < 0) continue;
    tried("fsconfig", syscall(SYS_fsconfig, made, 6 /* FSCONFIG_CMD_CREATE */, 0, 0, 0));
    tried("fsmount", syscall(SYS_fsmount, made, 0, 0));
  }
  tried("fspick", syscall(SYS_fspick, AT_FDCWD, "/", 0));
  tried("open-tree", syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */));
  tried("open-tree-all", syscall(SYS_open_tree, AT_FDCWD, "/", 1 | 0x8000));
  tried("open-tree-plain", syscall(SYS_open_tree, AT_FDCWD, "/", 0));
  const int directory = open("/tmp", O_PATH);
  tried("move-mount",
        syscall(SYS_move_mount, directory, "", AT_FDCWD, "/dev", 4 /* F_EMPTY_PATH */));
  struct mount_attr writable = {.attr_clr =
                                    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
  tried("set-attributes", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &writable, sizeof writable));
  tried("set-all", syscall(SYS_mount_setattr, AT_FDCWD, "/", 0x8000, &writable, sizeof writable));
  tried("open-tree-attributes",
        syscall(467 /* open_tree_attr */, AT_FDCWD, "/", 1, &writable, sizeof writable));
  tried("list-mounts", syscall(458 /* listmount */, NULL, NULL, 0, 0));
  tried("stat-mount", syscall(457 /* statmount */, NULL, NULL, 0, 0));
  return 0;
}

static int roots(char** arguments) {
  (void)arguments;
  mkdir("/tmp/new", 0755);
  tried("chroot", chroot("/tmp/new"));
  tried("chroot-above", chroot(".."));
  tried("pivot", syscall(SYS_pivot_root, "/tmp", "/tmp/new"));
  tried("pivot-here", syscall(SYS_pivot_root, ".", "."));
  tried("swap-on", syscall(SYS_swapon, "/tmp/new", 0));
  tried("quota", syscall(SYS_quotactl, 0x800003, "/", 0, NULL));
  tried("account", syscall(SYS_acct, "/tmp/accounts"));
  return 0;
}

// Prints the mounts, so that the test can compare them before and after.
static int table(char** arguments) {
  (void)arguments;
  char bytes[16384];
  const int file = open("/proc/self/mountinfo", O_RDONLY);
  for (ssize_t count; (count = read(file, bytes, sizeof bytes)) > 0;)
    if (write(1, bytes, (size_t)count) < 0) return 1;
  return 0;
}

const struct act_group mounts_group = {
    "mounts",
    (const struct act[]){{"old", old}, {"new", new}, {"roots", roots}, {"table", table}, {0}}};
