#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <mutex>
#include <sstream>
#include <vector>

#include "cloche/error.h"
#include "sandbox/launch.h"
#include "util/file.h"

namespace cloche {

namespace {

std::string read_at(int directory, const char* name) {
  UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  try {
    return read_all(file.get(), name);
  } catch (const Error&) {
    return {};
  }
}

bool write_at(int directory, const char* name, const std::string& value) {
  UniqueFd file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
  return file &&
         ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

// The number behind `key` in a file of "key number" lines.
std::uint64_t value_of(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  std::string name;
  std::uint64_t value = 0;
  while (lines >> name >> value)
    if (name == key) return value;
  return 0;
}

// Where version 2 is mounted: alone, or beside version 1.
std::string mount_point() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
    if (::access((std::string(path) + "/cgroup.controllers").c_str(), F_OK) == 0) return path;
  return {};
}

// The group this process lives in, as a path below the mount point.
std::string own_group() {
  std::istringstream lines(read_file("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

// A directory in which this process may make groups, or nothing.
std::string writable_base() {
  const std::string mount = mount_point();
  if (mount.empty()) return {};
  if (::geteuid() == 0) return ::access(mount.c_str(), W_OK) == 0 ? mount : std::string();
  const std::string base = mount + own_group();
  // Delegation means that the directory and the file that moves processes are the user's.
  if (::access(base.c_str(), W_OK) != 0 || ::access((base + "/cgroup.procs").c_str(), W_OK) != 0)
    return {};
  return base;
}

}  // namespace

class CgroupTree {
 public:
  // The tree of this process, made on first use. Null if there is none to be had.
  static std::shared_ptr<CgroupTree> of_this_process() {
    static std::mutex mutex;
    static std::shared_ptr<CgroupTree> tree;
    static bool looked = false;
    const std::lock_guard lock(mutex);
    if (!looked) {
      tree = make();
      looked = true;
    }
    return tree;
  }

  ~CgroupTree() {
    if (::getpid() != owner_) return;  // a fork of the embedder: not ours to remove
    ::unlinkat(base_.get(), name_.c_str(), AT_REMOVEDIR);
    // The guard sees the end of its socket, finds nothing left to do and ends.
    guard_.socket.reset();
    siginfo_t end{};
    ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(guard_.pidfd.get()), &end,
             WEXITED | __WALL);
  }

  int fd() const { return directory_.get(); }
  std::string next_name() { return std::to_string(++count_); }

 private:
  static std::shared_ptr<CgroupTree> make() {
    const std::string base = writable_base();
    if (base.empty()) return nullptr;
    auto tree = std::make_shared<CgroupTree>();
    tree->base_.reset(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!tree->base_) return nullptr;
    const std::string wanted = enable(tree->base_.get());
    if (wanted.empty()) return nullptr;
    tree->name_ = "cloche." + std::to_string(tree->owner_);
    for (int attempt = 0; ::mkdirat(tree->base_.get(), tree->name_.c_str(), 0755) != 0; ++attempt) {
      if (errno != EEXIST || attempt == 16) return nullptr;
      tree->name_ += "+";
    }
    tree->guard_ = launch_guard(tree->base_.get(), tree->name_.c_str());
    tree->directory_.reset(
        ::openat(tree->base_.get(), tree->name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!tree->directory_ || enable(tree->directory_.get()).empty()) return nullptr;
    return tree;
  }

  // Passes on to the children of a group those of our controllers that it has; says which.
  static std::string enable(int directory) {
    std::istringstream available(read_at(directory, "cgroup.controllers"));
    std::string enabled;
    for (std::string name; available >> name;) {
      if (name != "memory" && name != "pids" && name != "cpu") continue;
      if (write_at(directory, "cgroup.subtree_control", "+" + name)) enabled += name + " ";
    }
    return enabled;
  }

  const pid_t owner_ = ::getpid();
  UniqueFd base_, directory_;
  std::string name_;
  Launched guard_;
  std::atomic<unsigned> count_{0};
};

Cgroup::Cgroup(std::shared_ptr<CgroupTree> tree, std::string name, UniqueFd directory)
    : tree_(std::move(tree)), name_(std::move(name)), directory_(std::move(directory)) {}

std::unique_ptr<Cgroup> Cgroup::create() {
  auto tree = CgroupTree::of_this_process();
  if (!tree) return nullptr;
  std::string name = tree->next_name();
  if (::mkdirat(tree->fd(), name.c_str(), 0755) != 0)
    throw Error::from_errno("make a control group", errno);
  UniqueFd directory(::openat(tree->fd(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) throw Error::from_errno("open a control group", errno);
  return std::unique_ptr<Cgroup>(
      new Cgroup(std::move(tree), std::move(name), std::move(directory)));
}

Cgroup::~Cgroup() {
  // Processes leave a group a moment after they are waited for.
  for (int attempt = 0; ::unlinkat(tree_->fd(), name_.c_str(), AT_REMOVEDIR) != 0; ++attempt) {
    if (errno != EBUSY || attempt == 50) return;  // the guard will see to it
    write_at(directory_.get(), "cgroup.kill", "1");
    UniqueFd events(::openat(directory_.get(), "cgroup.events", O_RDONLY | O_CLOEXEC));
    pollfd change{events.get(), POLLPRI, 0};
    ::poll(&change, 1, 20);
  }
}

void Cgroup::limit(const Limits& limits, std::map<std::string, std::string>& enforced_by) {
  const int group = directory_.get();
  const auto bound = [](std::uint64_t value) {
    return value == 0 ? std::string("max") : std::to_string(value);
  };
  if (write_at(group, "memory.max", bound(limits.memory_bytes))) {
    write_at(group, "memory.swap.max", "0");
    write_at(group, "memory.oom.group", "0");
    if (limits.memory_bytes != 0) enforced_by["memory"] = "cgroup";
  }
  // init is a task of the group too.
  if (write_at(group, "pids.max", bound(limits.tasks == 0 ? 0 : limits.tasks + 1)) &&
      limits.tasks != 0)
    enforced_by["tasks"] = "cgroup";
  constexpr long kPeriod = 100000;  // microseconds
  const std::string quota =
      limits.cpus > 0 ? std::to_string(std::max(1000L, std::lround(limits.cpus * kPeriod))) : "max";
  if (write_at(group, "cpu.max", quota + " " + std::to_string(kPeriod)) && limits.cpus > 0)
    enforced_by["cpus"] = "cgroup";
}

Cgroup::Usage Cgroup::usage() const {
  Usage usage;
  const std::string cpu = read_at(directory_.get(), "cpu.stat");
  usage.user = std::chrono::microseconds(value_of(cpu, "user_usec"));
  usage.system = std::chrono::microseconds(value_of(cpu, "system_usec"));
  const std::string peak = read_at(directory_.get(), "memory.peak");
  if (!peak.empty()) usage.peak_memory_bytes = std::strtoull(peak.c_str(), nullptr, 10);
  usage.oom_kills = value_of(read_at(directory_.get(), "memory.events"), "oom_kill");
  return usage;
}

}  // namespace cloche
