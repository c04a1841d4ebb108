#include "sandbox/cgroup/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <vector>

#include "cloche/error.h"
#include "sandbox/cgroup/base.h"
#include "sandbox/cgroup/files.h"

namespace cloche::cgroup {

namespace {

constexpr const char* kPrefix = "cloche.";

std::vector<std::string> children(int directory) {
  std::vector<std::string> names;
  const int listed = ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* entries = listed < 0 ? nullptr : ::fdopendir(listed);
  if (entries == nullptr) {
    if (listed >= 0) ::close(listed);
    return names;
  }
  while (const dirent* entry = ::readdir(entries))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  ::closedir(entries);
  return names;
}

// Removes a group with all groups below it, and kills the processes in it. A process leaves its
// group a moment later. The next start finds and removes the groups that are still busy now.
void remove_tree(int parent, const std::string& name) {
  const UniqueFd directory(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory) return;
  write_at(directory.get(), "cgroup.kill", "1");
  for (const std::string& each : children(directory.get())) remove_tree(directory.get(), each);
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
}

// Trees whose launcher and guard were both killed.
void remove_abandoned(int base) {
  for (const std::string& name : children(base)) {
    if (!name.starts_with(kPrefix)) continue;
    const UniqueFd directory(
        ::openat(base, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
    if (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) == 0) remove_tree(base, name);
  }
}

std::string unique_name() {
  std::uint64_t number = 0;
  if (::getrandom(&number, sizeof number, 0) != sizeof number)
    throw Error::from_errno("get random bytes", errno);
  return kPrefix + std::to_string(::getpid()) + "." + std::to_string(number);
}

}  // namespace

bool pass_on(int directory, const std::string& controller) {
  return has_word(read_at(directory, "cgroup.subtree_control"), controller) ||
         write_at(directory, "cgroup.subtree_control", "+" + controller);
}

std::shared_ptr<GroupTree> GroupTree::of_this_process() {
  static std::mutex mutex;
  static std::shared_ptr<GroupTree> tree;
  static pid_t looked = 0;
  const std::lock_guard lock(mutex);
  if (looked != ::getpid()) {
    tree = make();
    looked = ::getpid();
  }
  return tree;
}

std::shared_ptr<GroupTree> GroupTree::make() {
  const std::string base = find_base();
  if (base.empty()) return nullptr;
  std::shared_ptr<GroupTree> tree(new GroupTree);
  tree->base_.reset(::open(base.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!tree->base_) return nullptr;
  remove_abandoned(tree->base_.get());
  tree->name_ = unique_name();
  tree->guard_ = launch_guard(tree->base_.get(), tree->name_.c_str());
  if (!tree->make_directory()) return nullptr;
  for (const char* controller : kControllers)
    if (tree->enable(controller)) tree->limits_ = true;
  return tree;
}

bool GroupTree::make_directory() {
  // Until the directory is locked, another launcher may take it for abandoned and remove it.
  for (int attempt = 0; attempt < 16; ++attempt) {
    if (::mkdirat(base_.get(), name_.c_str(), 0755) != 0 && errno != EEXIST) return false;
    directory_.reset(::openat(base_.get(), name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (directory_ && ::flock(directory_.get(), LOCK_EX | LOCK_NB) == 0 &&
        ::fstatat(base_.get(), name_.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
      return true;
  }
  return false;
}

bool GroupTree::enable(const std::string& controller) {
  return pass_on(base_.get(), controller) && pass_on(directory_.get(), controller);
}

GroupTree::~GroupTree() {
  if (::getpid() != owner_) return;  // a fork of the embedder: not ours to remove
  if (directory_) ::unlinkat(base_.get(), name_.c_str(), AT_REMOVEDIR);
  if (!guard_.pidfd) return;
  // The guard sees the end of its socket, finds nothing left to do and ends.
  guard_.socket.reset();
  siginfo_t end{};
  ::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(guard_.pidfd.get()), &end,
           WEXITED | __WALL);
}

}  // namespace cloche::cgroup
