#include "sandbox/launch/obstacle.h"

#include <unistd.h>

#include <cerrno>

#include "util/file.h"
#include "util/paths.h"

namespace cloche {

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
  return {"cloche needs user namespaces",
          "a container must allow them in its seccomp profile; in a chroot there are none"};
}

}  // namespace cloche
