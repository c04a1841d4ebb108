// The file systems of a sandbox, built with the mount API of Linux 5.12: every mount is made
// detached, with all its restrictions on, and only then put in its place.
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom"};
constexpr unsigned kDeviceCount = sizeof kDevices / sizeof *kDevices;

// A directory or file below the new root, reached without following any symbolic link: the image
// is not trusted to say where things go.
int open_inside(int root, const char* path, bool make_directory) {
  while (*path == '/') ++path;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  int fd = static_cast<int>(syscall(SYS_openat2, root, *path ? path : ".", &how, sizeof how));
  if (fd >= 0 || errno != ENOENT || !make_directory) return fd;
  // Only on a writable file system, that is below a Tmpfs; elsewhere this says EROFS.
  if (mkdirat(root, path, 0755) != 0) return -1;
  return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how));
}

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
    const int saved = errno;
    close(tree);
    errno = saved;
    return -1;
  }
  return tree;
}

void option(int fs, const char* key, std::uint64_t value, const char* format = "%llu") {
  char text[32];
  snprintf(text, sizeof text, format, static_cast<unsigned long long>(value));
  if (fsconfig(fs, FSCONFIG_SET_STRING, key, text, 0) != 0) die("set mount option ", key);
}

int make_tmpfs(std::uint64_t bytes, std::uint64_t inodes, unsigned mode, std::uint32_t owner) {
  const int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0) die("make a tmpfs");
  option(fs, "size", bytes);
  option(fs, "nr_inodes", inodes);
  option(fs, "mode", mode, "%llo");
  option(fs, "uid", owner);
  option(fs, "gid", owner);
  if (fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) die("make a tmpfs");
  const int mount = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
  if (mount < 0) die("make a tmpfs");
  close(fs);
  return mount;
}

// proc, showing processes only, and to each program only those it may trace. The kernel allows a
// new proc only where the launcher's own shows everything, which some containers forbid.
int make_proc() {
  const int fs = fsopen("proc", FSOPEN_CLOEXEC);
  if (fs < 0) die("make a proc");
  if (fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) != 0 ||
      fsconfig(fs, FSCONFIG_SET_STRING, "hidepid", "invisible", 0) != 0)
    die("restrict proc to processes");
  if (fsconfig(fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) die("make a proc");
  const int mount =
      fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
  if (mount < 0)
    die("mount proc; this launcher's own /proc may be covered in part, as in a container");
  return mount;
}

void place(int mount, int root, const char* target) {
  const int fd = open_inside(root, target, true);
  if (fd < 0) die("find the mount point ", target);
  if (move_mount(mount, "", fd, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    die("mount ", target);
  close(fd);
}

// /dev: five harmless devices of the host, the usual links, and shared memory.
void build_dev(int root, const int* devices, std::uint64_t shm_bytes, std::uint32_t owner,
               World& world) {
  const int dev = make_tmpfs(65536, 64, 0755, owner);
  place(dev, root, "dev");
  for (unsigned i = 0; i < kDeviceCount; ++i) {
    const int file = openat(dev, kDevices[i], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (file < 0) die("make /dev/", kDevices[i]);
    if (move_mount(devices[i], "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
      die("mount /dev/", kDevices[i]);
    close(file);
    close(devices[i]);
  }
  if (symlinkat("/proc/self/fd", dev, "fd") != 0 ||
      symlinkat("/proc/self/fd/0", dev, "stdin") != 0 ||
      symlinkat("/proc/self/fd/1", dev, "stdout") != 0 ||
      symlinkat("/proc/self/fd/2", dev, "stderr") != 0 || mkdirat(dev, "shm", 0755) != 0)
    die("fill /dev");
  const int shm = make_tmpfs(shm_bytes, 1024, 01777, owner);
  place(shm, root, "dev/shm");
  world.memory_fds[world.memory_count++] = shm;
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID;
  if (mount_setattr(dev, "", AT_EMPTY_PATH, &attr, sizeof attr) != 0) die("make /dev read-only");
  close(dev);
}

void load_seccomp(World& world, int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) die("read the seccomp program");
  if (status.st_size == 0) return;
  void* program =
      mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  if (program == MAP_FAILED) die("read the seccomp program");
  world.seccomp_program = program;
  world.seccomp_length = static_cast<std::size_t>(status.st_size) / 8;  // sizeof(sock_filter)
}

}  // namespace

void build_world(World& world, const Message& message) {
  const auto& setup = message.body<protocol::Setup>();
  world.two_ids = setup.map_ids_of_user == 0;
  world.work_dir = message.text(setup.work_dir);
  if (message.fd_count > 0) load_seccomp(world, message.fds[0]);

  // Everything of the host's is taken hold of first, while its paths still mean something.
  const char* rootfs = message.text(setup.rootfs);
  const std::uint64_t closed = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const int root_mount = clone_mount(rootfs, closed, false);
  const int below = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_mount < 0 || below < 0) die("open the root file system ", rootfs);
  int binds[64];
  const auto* bind = message.list<protocol::Bind>(setup.binds);
  if (setup.binds.count > sizeof binds / sizeof *binds) {
    errno = E2BIG;
    die("mount so many binds");
  }
  for (std::uint32_t i = 0; i < setup.binds.count; ++i) {
    binds[i] = clone_mount(message.text(bind[i].source), closed, true);
    if (binds[i] < 0) die("open ", message.text(bind[i].source));
  }
  int devices[kDeviceCount];
  for (unsigned i = 0; i < kDeviceCount; ++i) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", kDevices[i]);
    devices[i] = clone_mount(path, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false);
    if (devices[i] < 0) die("open ", path);
  }

  become_init(setup);
  const int proc = make_proc();

  // A mount must lie on a mount of this namespace to become the root: it is put upon itself.
  if (move_mount(root_mount, "", below, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
    die("mount the root file system ", rootfs);
  close(below);
  if (fchdir(root_mount) != 0) die("enter the root file system ", rootfs);
  if (syscall(SYS_pivot_root, ".", ".") != 0) die("pivot to the root file system ", rootfs);
  if (umount2(".", MNT_DETACH) != 0) die("leave the host's file systems");
  if (chdir("/") != 0) die("enter /");
  close(root_mount);
  world.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (world.root_fd < 0) die("open /");

  const std::uint32_t owner = protocol::kProgramId;
  world.proc_fd = proc;
  place(proc, world.root_fd, "proc");
  build_dev(world.root_fd, devices, setup.shm_bytes, owner, world);
  const auto* tmpfs = message.list<protocol::Tmpfs>(setup.tmpfs);
  for (std::uint32_t i = 0; i < setup.tmpfs.count; ++i) {
    const char* target = message.text(tmpfs[i].target);
    const unsigned mode = strcmp(target, "/tmp") == 0 ? 01777 : 0755;
    const int mount = make_tmpfs(tmpfs[i].bytes, tmpfs[i].inodes, mode, owner);
    place(mount, world.root_fd, target);
    if (world.memory_count < sizeof world.memory_fds / sizeof *world.memory_fds)
      world.memory_fds[world.memory_count++] = mount;
  }
  for (std::uint32_t i = 0; i < setup.binds.count; ++i) {
    place(binds[i], world.root_fd, message.text(bind[i].target));
    close(binds[i]);
  }

  const char* hostname = message.text(setup.hostname);
  if (sethostname(hostname, strlen(hostname)) != 0) die("set the host name ", hostname);
  if (setup.loopback != 0) bring_loopback_up();
  give_up_capabilities();
}

}  // namespace cloche::init
