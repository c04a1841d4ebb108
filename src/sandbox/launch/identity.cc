#include "sandbox/launch/identity.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <sstream>
#include <string>

#include "cloche/error.h"
#include "sandbox/protocol.h"
#include "util/file.h"

namespace cloche {

namespace {

// One byte of this file is locked for each slot in use. Locks belong to the open file, so they go
// with the last process that holds it.
constexpr const char* kDirectory = "/run/cloche";
constexpr const char* kLockFile = "/run/cloche/ids";

std::string line(std::uint32_t inside, std::uint32_t outside) {
  return std::to_string(inside) + " " + std::to_string(outside) + " 1\n";
}

void write_map(pid_t pid, const char* name, const std::string& lines) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) throw Error::from_errno("open " + path, errno);
  write_all(file.get(), lines, path);
}

// A user namespace with one process, which does nothing. The destructor ends both.
class Namespace {
 public:
  Namespace() {
    const pid_t parent = ::getpid();
    clone_args args{};
    int pidfd = -1;
    args.flags = CLONE_NEWUSER | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    pid_ = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (pid_ < 0) throw Error::from_errno("make a user namespace", errno);
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
      if (::getppid() != parent) ::_exit(0);
      for (;;) ::pause();
    }
    pidfd_.reset(pidfd);
  }
  ~Namespace() {
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
    siginfo_t gone{};
    while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd_.get()), &gone,
                    WEXITED | __WALL) != 0 &&
           errno == EINTR) {
    }
  }
  Namespace(const Namespace&) = delete;
  Namespace& operator=(const Namespace&) = delete;
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_;
  UniqueFd pidfd_;
};

}  // namespace

bool IdentityLease::possible() {
  if (::geteuid() != 0) return false;
  // Lines of "first id inside, first id outside, count": user_namespaces(7).
  std::istringstream lines(read_file("/proc/self/uid_map"));
  std::uint64_t inside = 0, outside = 0, count = 0;
  while (lines >> inside >> outside >> count)
    if (inside <= kFirst && inside + count >= kFirst + 2ull * kSlots) return true;
  return false;
}

IdentityLease IdentityLease::take() {
  if (::mkdir(kDirectory, 0755) != 0 && errno != EEXIST)
    throw Error::from_errno(std::string("create ") + kDirectory, errno);
  UniqueFd file(::open(kLockFile, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) throw Error::from_errno(std::string("open ") + kLockFile, errno);
  // Each launcher begins its search at another place, so that the first try nearly always succeeds.
  static std::atomic<std::uint32_t> taken{0};
  const auto start = static_cast<std::uint32_t>(::getpid()) * 7 + taken++;
  for (std::uint32_t step = 0; step < kSlots; ++step) {
    const std::uint32_t slot = (start + step) % kSlots;
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = slot;
    range.l_len = 1;
    if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0) return IdentityLease(std::move(file), slot);
    if (errno != EAGAIN && errno != EACCES)
      throw Error::from_errno(std::string("lock ") + kLockFile, errno);
  }
  throw Error(ErrorKind::busy, "find user ids for a sandbox", 0, "all are in use");
}

void IdentityLease::map(pid_t pid, const User& program) const {
  const auto lines = [this](std::uint32_t inside) {
    return line(protocol::kInitId, first_id()) + line(inside, first_id() + 1);
  };
  write_map(pid, "uid_map", lines(program.id));
  write_map(pid, "gid_map", lines(program.group));
}

UniqueFd IdentityLease::own_files(const std::string& path) const {
  const std::string what = "give the program the files of " + path;
  // The maps of this namespace say which owner becomes which.
  const Namespace owners;
  for (const char* name : {"uid_map", "gid_map"})
    write_map(owners.pid(), name, line(0, first_id() + 1));
  const std::string file = "/proc/" + std::to_string(owners.pid()) + "/ns/user";
  const UniqueFd names(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!names) throw Error::from_errno(what, errno);
  UniqueFd tree(static_cast<int>(
      ::syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)));
  if (!tree) throw Error(ErrorKind::no_input, "open the root file system " + path, errno);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  attributes.userns_fd = static_cast<std::uint64_t>(names.get());
  attributes.propagation = MS_PRIVATE;
  if (::syscall(SYS_mount_setattr, tree.get(), "", AT_EMPTY_PATH, &attributes, sizeof attributes) !=
      0)
    throw Error(ErrorKind::unsupported, what, errno,
                "its file system has no idmapped mounts; an ordinary user needs none");
  return tree;
}

}  // namespace cloche
