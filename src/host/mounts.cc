// File systems in a user namespace, by the mount API of Linux 5.2 and 5.12.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/attempt.h"
#include "host/enter.h"
#include "host/probes.h"
#include "sandbox/launch/obstacle.h"

namespace cloche::host {

namespace {

// A detached memory file system, or -1.
int make_tmpfs() {
  const int fs = ::fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0 || ::fsconfig(fs, FSCONFIG_SET_STRING, "size", "65536", 0) != 0 ||
      ::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return -1;
  return ::fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
}

bool mount_things(Attempt& self) {
  self.step = "make a tmpfs";
  const int tmpfs = make_tmpfs();
  if (tmpfs < 0) return false;
  self.step = "restrict a mount (mount_setattr)";
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  if (::mount_setattr(tmpfs, "", AT_EMPTY_PATH, &attributes, sizeof attributes) != 0) return false;
  self.step = "copy a mount (open_tree)";
  const int copy = ::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
  if (copy < 0) return false;
  self.step = "put a mount in its place (move_mount)";
  return ::move_mount(tmpfs, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0;
}

bool mount_proc(Attempt& self) {
  self.step = "make a proc";
  const int fs = ::fsopen("proc", FSOPEN_CLOEXEC);
  if (fs < 0) return false;
  self.step = "restrict a proc to processes";
  if (::fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) != 0 ||
      ::fsconfig(fs, FSCONFIG_SET_STRING, "hidepid", "invisible", 0) != 0)
    return false;
  self.step = "mount a proc";
  return ::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0 &&
         ::fsmount(fs, FSMOUNT_CLOEXEC, 0) >= 0;
}

bool mount_overlay(Attempt& self) {
  self.step = "make layers";
  const int layers = make_tmpfs();
  if (layers < 0 || ::fchdir(layers) != 0) return false;
  for (const char* name : {"lower", "upper", "work"})
    if (::mkdir(name, 0755) != 0) return false;
  self.step = "mount an overlay";
  const int fs = ::fsopen("overlay", FSOPEN_CLOEXEC);
  return fs >= 0 && ::fsconfig(fs, FSCONFIG_SET_STRING, "lowerdir", "lower", 0) == 0 &&
         ::fsconfig(fs, FSCONFIG_SET_STRING, "upperdir", "upper", 0) == 0 &&
         ::fsconfig(fs, FSCONFIG_SET_STRING, "workdir", "work", 0) == 0 &&
         ::fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", nullptr, 0) == 0 &&
         ::fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0 &&
         ::fsmount(fs, FSMOUNT_CLOEXEC, 0) >= 0;
}

Attempt inside(std::uint64_t flags, bool (*work)(Attempt&)) {
  const IdMaps maps;
  return attempt([&](Attempt& self) { return enter(self, flags, maps) && work(self); });
}

}  // namespace

HostFinding probe_mounts() {
  const Attempt trial = inside(CLONE_NEWNS, mount_things);
  if (trial.good()) return {"mounts", HostLevel::ok, "the new mount API works in user namespaces"};
  if (lacks_user_namespace(trial)) return untried("mounts", HostLevel::missing);
  HostFinding finding{"mounts", HostLevel::missing, trial.words(), "no sandbox can be made"};
  finding.remedy = trial.errnum == ENOSYS
                       ? "use Linux 5.12 or newer; a container must allow fsopen, fsconfig, "
                         "fsmount, open_tree, move_mount and mount_setattr"
                       : what_forbids_namespaces(trial.errnum).remedy;
  return finding;
}

HostFinding probe_proc() {
  const Attempt trial = inside(CLONE_NEWNS | CLONE_NEWPID, mount_proc);
  if (trial.good()) return {"proc", HostLevel::ok, "can be mounted in user namespaces"};
  if (::access("/proc/self/status", F_OK) != 0)
    return {"proc", HostLevel::missing, "there is no /proc here", "no sandbox can be made",
            "mount -t proc proc /proc"};
  if (lacks_user_namespace(trial)) return untried("proc", HostLevel::missing);
  HostFinding finding{"proc", HostLevel::missing, trial.words(), "no sandbox can be made"};
  if (trial.errnum == EPERM)
    // mount_too_revealing() of the kernel's fs/namespace.c.
    finding.remedy =
        "uncover /proc: parts of it are mounted over, as in a container (docker run "
        "--security-opt systempaths=unconfined; podman run --security-opt unmask=ALL)";
  else
    finding.remedy = trial.errnum == EINVAL ? "use Linux 5.8 or newer"
                                            : what_forbids_namespaces(trial.errnum).remedy;
  return finding;
}

HostFinding probe_overlayfs() {
  const Attempt trial = inside(CLONE_NEWNS, mount_overlay);
  if (trial.good()) return {"overlayfs", HostLevel::ok, "can be mounted in user namespaces"};
  return {
      "overlayfs", HostLevel::degraded, trial.words(),
      "sandboxes of one image share its inodes: locks and watches on its files pass between them",
      "use a kernel with CONFIG_OVERLAY_FS (Linux 5.11 or newer), or modprobe overlay"};
}

}  // namespace cloche::host
