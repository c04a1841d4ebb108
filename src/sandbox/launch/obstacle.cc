#include "sandbox/launch/obstacle.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "util/file.h"
#include "util/paths.h"

namespace cloche {

namespace {

// Whether this process lives in a chroot, as far as it can tell: its root directory is not the root
// of a mount, or is not the root directory of process 1. The second can only be asked by root.
bool in_chroot() {
  struct statx root {};
  if (::statx(AT_FDCWD, "/", 0, STATX_BASIC_STATS, &root) < 0) return false;
  if ((root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
      (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
    return true;
  struct statx first {};
  return ::statx(AT_FDCWD, "/proc/1/root", 0, STATX_BASIC_STATS, &first) == 0 &&
         (first.stx_ino != root.stx_ino || first.stx_dev_major != root.stx_dev_major ||
          first.stx_dev_minor != root.stx_dev_minor);
}

}  // namespace

Obstacle what_forbids_namespaces(int errnum) {
  if (errnum == ENOSYS)
    return {"clone3 is blocked, probably by the seccomp profile of the container cloche runs in",
            "allow clone3, unshare and mount there"};
  const bool is_root = ::geteuid() == 0;
  const auto is_off = [](const std::string& sysctl) {
    return small_file("/proc/sys/" + sysctl).starts_with("0");
  };
  if (!is_root && is_off("kernel/unprivileged_userns_clone"))
    return {"user namespaces are closed to ordinary users",
            "sysctl kernel.unprivileged_userns_clone=1"};
  for (const char* kind : {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"}) {
    const std::string name = "max_" + std::string(kind) + "_namespaces";
    if (is_off("user/" + name))
      return {std::string(kind) + " namespaces are off", "sysctl user." + name + "=15000"};
  }
  if (errnum == ENOSPC || errnum == EUSERS)
    return {"too many namespaces", "raise the sysctls user.max_*_namespaces"};
  if (!is_root &&
      small_file("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").starts_with("1"))
    return {"AppArmor takes user namespaces from programs without a profile",
            "install -m 644 " + shipped_file("apparmor/cloche") +
                " /etc/apparmor.d/cloche && apparmor_parser -r /etc/apparmor.d/cloche"};
  if (small_file("/proc/self/status").find("\nSeccomp:\t2") != std::string::npos)
    return {"a seccomp filter lies on this process, as in a container",
            "allow clone3, unshare and mount in the container's seccomp profile"};
  if (errnum == EPERM && in_chroot())
    return {"this is a chroot, where the kernel refuses user namespaces",
            "leave it, or enter that root with pivot_root in a mount namespace of its own, as "
            "unshare --mount and systemd-nspawn do"};
  return {"cloche needs user namespaces", "a container must allow them in its seccomp profile"};
}

}  // namespace cloche
