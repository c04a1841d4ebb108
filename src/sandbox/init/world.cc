// The world that a sandbox sees: its file systems, put together from their pieces (mounts.cc), its
// name and its clocks.
#include "sandbox/init/world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cloche::init {

namespace {

constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom"};
constexpr unsigned kDeviceCount = sizeof kDevices / sizeof *kDevices;

void add_memory(World& world, int mount) {
  if (world.memory_count == sizeof world.memory_fds / sizeof *world.memory_fds) {
    errno = E2BIG;
    die(InitStep::count_tmpfs);
  }
  world.memory_fds[world.memory_count++] = mount;
}

// Puts the root file system and its overlay on `place`, a mount of this namespace. Returns the
// mount that becomes the root.
int mount_layers(World& world, const protocol::Setup& setup, int root_mount, int place) {
  int layer = -1;
  int mount = -1;
  if (world.writable) {
    put_upon(root_mount, place);
    mount = make_writable(root_mount, setup, layer);
    add_memory(world, layer);
  } else {
    mount = make_own_inodes(place, setup, layer);
  }
  const int root = mount >= 0 ? mount : root_mount;
  put_upon(root, layer);
  if (!world.writable) close(layer);
  return root;
}

// /dev: five harmless devices of the host, the usual links, and shared memory.
void build_dev(int root, const int* devices, std::uint64_t shm_bytes, World& world) {
  const int dev = make_tmpfs(65536, 64, 0755, world.program);
  place(dev, root, "dev");
  for (unsigned i = 0; i < kDeviceCount; ++i) {
    const int file = openat(dev, kDevices[i], O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (file < 0) die(InitStep::make_device, kDevices[i]);
    if (move_mount(devices[i], "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH))
      die(InitStep::mount_device, kDevices[i]);
    close(file);
    close(devices[i]);
  }
  if (symlinkat("/proc/self/fd", dev, "fd") != 0 ||
      symlinkat("/proc/self/fd/0", dev, "stdin") != 0 ||
      symlinkat("/proc/self/fd/1", dev, "stdout") != 0 ||
      symlinkat("/proc/self/fd/2", dev, "stderr") != 0 || mkdirat(dev, "shm", 0755) != 0)
    die(InitStep::fill_dev);
  const int shm = make_tmpfs(shm_bytes, 1024, 01777, world.program);
  place(shm, root, "dev/shm");
  add_memory(world, shm);
  mount_attr attr{};
  attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID;
  if (mount_setattr(dev, "", AT_EMPTY_PATH, &attr, sizeof attr) != 0) die(InitStep::close_dev);
  close(dev);
}

void load_seccomp(World& world, int fd) {
  struct stat status {};
  if (fstat(fd, &status) != 0) die(InitStep::read_seccomp);
  if (status.st_size == 0) return;
  void* program =
      mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  if (program == MAP_FAILED) die(InitStep::read_seccomp);
  world.seccomp_program = static_cast<sock_filter*>(program);
  world.seccomp_length = static_cast<std::size_t>(status.st_size) / sizeof(sock_filter);
}

}  // namespace

void build_world(World& world, const Message& message) {
  const auto& setup = message.body<protocol::Setup>();
  world.two_ids = setup.map_ids_of_user == 0;
  world.program = setup.program;
  world.writable = setup.writable_bytes != 0;
  world.work_dir = message.text(setup.work_dir);
  world.control_groups = setup.control_groups != 0;
  world.refusal = setup.refusal;
  world.exec_by_descriptor = setup.exec_by_descriptor != 0;
  if (message.fd_count > 0) load_seccomp(world, message.fds[0]);

  // Open everything of the host first: its paths mean nothing after the pivot.
  const char* rootfs = message.text(setup.rootfs);
  const std::uint64_t closed = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  const bool mount_given = message.fd_count > 2;  // and closed with the message
  const int root_mount = mount_given ? message.fds[2] : clone_mount(rootfs, closed, false);
  int below = open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (root_mount < 0 || below < 0) die(InitStep::open_rootfs, rootfs);
  int binds[64];
  const auto* bind = message.list<protocol::Bind>(setup.binds);
  if (setup.binds.count > sizeof binds / sizeof *binds) {
    errno = E2BIG;
    die(InitStep::count_binds);
  }
  for (std::uint32_t i = 0; i < setup.binds.count; ++i) {
    binds[i] = clone_mount(message.text(bind[i].source), closed, true);
    if (binds[i] < 0) die(InitStep::open_host_path, message.text(bind[i].source));
  }
  int devices[kDeviceCount];
  for (unsigned i = 0; i < kDeviceCount; ++i) {
    char path[32];
    snprintf(path, sizeof path, "/dev/%s", kDevices[i]);
    // Read-only concerns the file, whose times are the host's. The device can still be written.
    devices[i] =
        clone_mount(path, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, false);
    if (devices[i] < 0) die(InitStep::open_host_path, path);
  }

  // Open this first: files of /proc/self belong to root once init is not dumpable.
  begin_time();
  world.oom_fd = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
  become_init(setup);
  bound_kernel_objects();
  const int proc = make_proc(true);
  world.proc_fd = make_proc(false);

  const int root = mount_layers(world, setup, root_mount, below);
  close(below);
  if (fchdir(root) != 0) die(InitStep::enter_rootfs, rootfs);
  if (syscall(SYS_pivot_root, ".", ".") != 0) die(InitStep::pivot_root, rootfs);
  if (umount2(".", MNT_DETACH) != 0) die(InitStep::leave_host);
  if (chdir("/") != 0) die(InitStep::enter_root);
  close(root);
  if (root != root_mount && !mount_given) close(root_mount);
  world.root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (world.root_fd < 0) die(InitStep::open_root);

  place(proc, world.root_fd, "proc");
  close(proc);
  build_dev(world.root_fd, devices, setup.shm_bytes, world);
  const auto* tmpfs = message.list<protocol::Tmpfs>(setup.tmpfs);
  for (std::uint32_t i = 0; i < setup.tmpfs.count; ++i) {
    const char* target = message.text(tmpfs[i].target);
    const unsigned mode = strcmp(target, "/tmp") == 0 ? 01777 : 0755;
    const int mount = make_tmpfs(tmpfs[i].bytes, tmpfs[i].inodes, mode, world.program);
    place(mount, world.root_fd, target);
    add_memory(world, mount);
  }
  for (std::uint32_t i = 0; i < setup.binds.count; ++i) {
    place(binds[i], world.root_fd, message.text(bind[i].target));
    close(binds[i]);
  }

  const char* hostname = message.text(setup.hostname);
  if (sethostname(hostname, strlen(hostname)) != 0) die(InitStep::set_hostname, hostname);
  if (setup.loopback != 0) bring_loopback_up();
  world.landlock_fd = make_landlock_rules(world);
  give_up_capabilities(world.control_groups);
}

}  // namespace cloche::init
