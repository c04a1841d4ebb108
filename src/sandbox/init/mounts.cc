// The pieces of a sandbox's file systems, made with the mount API of Linux 5.12. Every mount is
// made detached, gets all its restrictions, and only then is put in its place.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/open.h"
#include "sandbox/init/world.h"

namespace cloche::init {

namespace {

void option(int fs, const char* key, std::uint64_t value, const char* format = "%llu") {
  char text[32];
  snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
  if (fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0) != 0) die(InitStep::set_mount_option, key);
}

// An overlayfs of layers, an option each. The layers must be mounted in this namespace, because the
// options name them by path. -1: errno says why.
int make_overlay(const char* const (*options)[2], std::size_t count, std::uint64_t attributes) {
  const int fs = fsopen("overlay", FSOPEN_CLOEXEC);
  if (fs < 0) return -1;
  int mount = -1;
  bool good = true;
  for (std::size_t i = 0; i < count; ++i)
    good = good && fsconfig(fs, options[i][1] == nullptr ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING,
                            options[i][0], options[i][1], 0) == 0;
  if (good && fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0)
    mount = fsmount(fs, FSMOUNT_CLOEXEC,
                    static_cast<unsigned>(attributes | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  close_keeping_errno(fs);
  return mount;
}

// Opens a directory or file below the new root without following any symbolic link: the image is
// not trusted to say where mounts go.
int open_mount_point(int root, const char* path) {
  while (*path == '/') ++path;
  const int fd = open_below(root, *path ? path : ".", O_PATH);
  if (fd >= 0 || errno != ENOENT) return fd;
  // A missing directory is made on a writable file system, that is below a Tmpfs; elsewhere mkdir
  // fails with EROFS.
  if (mkdirat(root, path, 0755) != 0) return -1;
  return open_below(root, path, O_PATH);
}

}  // namespace

int clone_mount(const char* path, std::uint64_t attributes, bool recursive) {
  const int tree = open_tree(
      AT_FDCWD, path,
      OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0u));
  if (tree < 0) return -1;
  mount_attr attr{};
  attr.attr_set = attributes;
  attr.propagation = MS_PRIVATE;
  const unsigned flags = AT_EMPTY_PATH | (recursive ? static_cast<unsigned>(AT_RECURSIVE) : 0u);
  if (mount_setattr(tree, "", flags, &attr, sizeof attr) != 0) {
    close_keeping_errno(tree);
    return -1;
  }
  return tree;
}

int make_tmpfs(std::uint64_t bytes, std::uint64_t inodes, unsigned mode, protocol::Ids owner) {
  const int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0) die(InitStep::make_tmpfs);
  option(fs, "size", bytes);
  option(fs, "nr_inodes", inodes);
  option(fs, "mode", mode, "%llo");
  option(fs, "uid", owner.user);
  option(fs, "gid", owner.group);
  if (fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) die(InitStep::make_tmpfs);
  const int mount = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount < 0) die(InitStep::make_tmpfs);
  close(fs);
  return mount;
}

void put_upon(int mount, int place) {
  if (move_mount(mount, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    die(InitStep::mount_rootfs);
}

// The root file system with inodes of this sandbox's own, so that locks and watches on files are no
// way to another sandbox of the same image. It is an overlayfs without an upper layer, which needs
// a second, empty lower layer. `mount_point` becomes the place to mount it on. -1 if the kernel has
// no overlayfs for user namespaces or refuses one over this file system.
int make_own_inodes(int rootfs, const protocol::Setup& setup, int& mount_point) {
  const int empty = make_tmpfs(4096, 2, 0755, setup.program);
  put_upon(empty, rootfs);
  mount_point = empty;
  char layers[64];
  snprintf(layers, sizeof layers, "/proc/self/fd/%d:/proc/self/fd/%d", rootfs, empty);
  const char* const options[][2] = {{"lowerdir", layers}};
  const int mount = make_overlay(options, 1, MOUNT_ATTR_RDONLY);
  // These are temporary. Fail instead of silently sharing inodes with other sandboxes.
  if (mount < 0 && (errno == ENOMEM || errno == EMFILE || errno == ENFILE || errno == ENOSPC))
    die(InitStep::overlay_rootfs);
  return mount;
}

// The root file system under a layer in memory that takes all writes. `layer` becomes the mount of
// that layer, on which the result is to be mounted.
int make_writable(int rootfs, const protocol::Setup& setup, int& layer) {
  // Three inodes more, for the layer's own directories.
  layer = make_tmpfs(setup.writable_bytes, setup.writable_inodes + 3ull, 0755, setup.program);
  const char* const names[] = {"upper", "work"};
  for (const char* name : names)
    if (mkdirat(layer, name, 0755) != 0 ||
        fchownat(layer, name, setup.program.user, setup.program.group, AT_SYMLINK_NOFOLLOW) != 0)
      die(InitStep::make_layer);
  put_upon(layer, rootfs);
  char lower[32], upper[48], work[48];
  snprintf(lower, sizeof lower, "/proc/self/fd/%d", rootfs);
  snprintf(upper, sizeof upper, "/proc/self/fd/%d/upper", layer);
  snprintf(work, sizeof work, "/proc/self/fd/%d/work", layer);
  const char* const options[][2] = {
      {"lowerdir", lower}, {"upperdir", upper}, {"workdir", work}, {"userxattr", nullptr}};
  const int mount = make_overlay(options, 4, 0);
  if (mount < 0) die(InitStep::overlay_writable);
  return mount;
}

// A proc that shows processes only. The proc for programs is read-only, and a program sees in it
// only the processes that it may trace. init's own proc always shows all. The kernel allows a new
// proc only if the launcher's own proc shows everything, which some containers forbid.
int make_proc(bool for_programs) {
  const int fs = fsopen("proc", FSOPEN_CLOEXEC);
  if (fs < 0) die(InitStep::make_proc);
  if (fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) != 0 ||
      (for_programs && fsconfig(fs, FSCONFIG_SET_STRING, "hidepid", "invisible", 0) != 0))
    die(InitStep::restrict_proc);
  if (fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) die(InitStep::make_proc);
  unsigned attributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (for_programs) attributes |= MOUNT_ATTR_RDONLY;
  const int mount = fsmount(fs, FSMOUNT_CLOEXEC, attributes);
  if (mount < 0) die(InitStep::mount_proc);
  close(fs);
  return mount;
}

void place(int mount, int root, const char* target) {
  const int fd = open_mount_point(root, target);
  if (fd < 0) die(InitStep::find_mount_point, target);
  if (move_mount(mount, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    die(InitStep::mount_at, target);
  close(fd);
}

}  // namespace cloche::init
