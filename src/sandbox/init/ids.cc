// Users, groups and capabilities: user_namespaces(7), capabilities(7).
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/program.h"
#include "sandbox/init/world.h"

namespace cloche::init {

namespace {

void write_file(const char* path, const char* content) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) die(InitStep::open_own_file, path);
  if (write(fd, content, strlen(content)) < 0) die(InitStep::write_own_file, path);
  close(fd);
}

// An ordinary user may map itself alone, to one id inside, after giving up setgroups(2).
void map_own_ids(const protocol::Setup& setup) {
  char line[64];
  write_file("/proc/self/setgroups", "deny");
  snprintf(line, sizeof line, "%u %u 1\n", setup.program.user, setup.user_id);
  write_file("/proc/self/uid_map", line);
  snprintf(line, sizeof line, "%u %u 1\n", setup.program.group, setup.group_id);
  write_file("/proc/self/gid_map", line);
}

// The raw system calls: glibc's functions would synchronise threads, and init has none.
bool set_ids(protocol::Ids ids) {
  return syscall(SYS_setresgid, ids.group, ids.group, ids.group) == 0 &&
         syscall(SYS_setresuid, ids.user, ids.user, ids.user) == 0;
}

}  // namespace

void bound_kernel_objects() {
  // inotify instances are counted for the launcher's user on the host too, and programs of that
  // user need some: inotify(7). The other bounds are a second wall behind the seccomp filter:
  // namespaces(7), "The /proc/sys/user directory". Each user namespace has its own settings. They
  // cannot be set where the launcher's /proc is hidden.
  constexpr struct {
    const char* name;
    const char* value;
  } kBounds[] = {{"/proc/sys/user/max_inotify_instances", "16"},
                 {"/proc/sys/user/max_user_namespaces", "0"},
                 {"/proc/sys/user/max_net_namespaces", "0"},
                 {"/proc/sys/user/max_pid_namespaces", "0"}};
  for (const auto& bound : kBounds) {
    const int fd = open(bound.name, O_WRONLY | O_CLOEXEC);
    if (fd < 0) continue;
    if (write(fd, bound.value, strlen(bound.value)) < 0) errno = 0;
    close(fd);
  }
}

void become_init(const protocol::Setup& setup) {
  if (setup.map_ids_of_user != 0) {
    map_own_ids(setup);
  } else {
    if (setgroups(0, nullptr) != 0) die(InitStep::drop_groups);
    // Capabilities inside the namespace must outlive the step down to the mapped user.
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP | SECBIT_KEEP_CAPS, 0, 0, 0) != 0)
      die(InitStep::keep_capabilities);
  }
  const protocol::Ids own{protocol::kInitId, protocol::kInitId};
  if (!set_ids(setup.map_ids_of_user != 0 ? setup.program : own)) die(InitStep::become_user);
  // No process inside can trace init, read its memory or open its files in /proc.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) die(InitStep::become_undumpable);
}

void give_up_capabilities(bool starts_in_groups) {
  // Nothing below init can ever gain a capability: not by an id, a file or an inherited set.
  for (cap_value_t cap = 0; cap < cap_max_bits(); ++cap)
    if (cap_drop_bound(cap) != 0) die(InitStep::drop_bounding_set);
  if (cap_reset_ambient() != 0) die(InitStep::clear_ambient_set);
  const int bits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                   SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                   SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (prctl(PR_SET_SECUREBITS, bits, 0, 0, 0) != 0) die(InitStep::lock_secure_bits);
  // init kills, measures and hands files to programs of another user. It needs the last capability
  // for the cgroup namespace that each program gets in its own group.
  const cap_value_t kept[] = {CAP_KILL,  CAP_SETUID,       CAP_SETGID, CAP_SYS_PTRACE,
                              CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_SYS_ADMIN};
  const int count = static_cast<int>(sizeof kept / sizeof *kept) - (starts_in_groups ? 0 : 1);
  cap_t caps = cap_init();
  if (caps == nullptr || cap_set_flag(caps, CAP_PERMITTED, count, kept, CAP_SET) != 0 ||
      cap_set_flag(caps, CAP_EFFECTIVE, count, kept, CAP_SET) != 0 || cap_set_proc(caps) != 0)
    die(InitStep::drop_capabilities);
  cap_free(caps);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die(InitStep::set_no_new_privs);
}

bool become_program(const World& world) {
  if (world.two_ids && !set_ids(world.program)) return false;
  // The raw system call: libcap would allocate.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2] = {};
  return syscall(SYS_capset, &header, none) == 0;
}

}  // namespace cloche::init
