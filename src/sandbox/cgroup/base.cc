#include "sandbox/cgroup/base.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <sstream>

#include "cloche/error.h"
#include "sandbox/cgroup/files.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::cgroup {

namespace {

// The leaf group that this process moves into when its own group must be empty. All launchers in
// one group share it.
constexpr const char* kLeaf = "cloche-launcher";

// How long systemd may take to make a scope.
constexpr int kScopePatience = 3000;  // milliseconds

bool systemd_runs() {
  struct stat status {};
  return ::lstat("/run/systemd/system", &status) == 0 && S_ISDIR(status.st_mode);
}

bool writable(const std::string& group) {
  // Delegation means that this user may write to the directory and to the files that move
  // processes.
  for (const char* name : {"", "/cgroup.procs", "/cgroup.subtree_control"})
    if (::access((group + name).c_str(), W_OK) != 0) return false;
  return true;
}

// Whether systemd marked the group as handed over. systemd manages the inside of all other groups
// itself.
bool marked_delegated(const std::string& group) {
  for (const char* name : {"user.delegate", "trusted.delegate"}) {
    char value = 0;
    if (::getxattr(group.c_str(), name, &value, 1) == 1 && value == '1') return true;
  }
  return false;
}

bool passes_controllers_on(int directory) {
  const std::string passed = read_at(directory, "cgroup.subtree_control");
  return has_word(passed, "memory") || has_word(passed, "pids");
}

// Whether no process but this one lives in the group.
bool alone_in(int directory) {
  return read_at(directory, "cgroup.procs") == std::to_string(::getpid()) + "\n";
}

// Prepares the group of this process so that it can have children with limits.
bool take_own(const std::string& group) {
  const UniqueFd directory(::open(group.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return false;
  if (passes_controllers_on(directory.get())) return true;  // the top, which may have processes too
  if (!alone_in(directory.get())) return false;
  if (::mkdirat(directory.get(), kLeaf, 0755) != 0 && errno != EEXIST) return false;
  const UniqueFd leaf(::openat(directory.get(), kLeaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (leaf && write_at(leaf.get(), "cgroup.procs", "0")) return true;
  ::unlinkat(directory.get(), kLeaf, AT_REMOVEDIR);
  return false;
}

// Asks systemd for a scope with this process in it. A separate program asks: a launcher must not
// link the D-Bus library.
bool enter_scope() {
  std::string program, pid = std::to_string(::getpid());
  try {
    program = helper_path("cloche-scope");
  } catch (const Error&) {
    return false;
  }
  if (::access(program.c_str(), X_OK) != 0) return false;
  char* arguments[] = {program.data(), pid.data(), nullptr};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&actions, 0, 1);
  ::posix_spawn_file_actions_adddup2(&actions, 0, 2);
  pid_t child = -1;
  const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments, environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return false;
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ended{handle.get(), POLLIN, 0};
  if (!handle || ::poll(&ended, 1, kScopePatience) != 1) ::kill(child, SIGKILL);
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The nearest group above that may be written and passes controllers on.
std::string find_above(const std::string& mount, std::string group) {
  while (group.size() > 1) {
    group.resize(group.rfind('/'));
    const std::string path = mount + group;
    if (!writable(path)) return {};
    const UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory && passes_controllers_on(directory.get())) return path;
  }
  return {};
}

}  // namespace

std::string mount_point() {
  for (const char* path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"})
    if (::access((std::string(path) + "/cgroup.controllers").c_str(), F_OK) == 0) return path;
  return {};
}

std::string own_group() {
  std::istringstream lines(read_file("/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return {};
}

std::string find_base() {
  const std::string mount = mount_point();
  if (mount.empty()) return {};
  const bool root = ::geteuid() == 0;
  const bool managed = systemd_runs();
  const std::string own = own_group();
  const std::string here = own == "/" ? mount : mount + own;
  // A launcher whose group is renamed or hidden (another cgroup namespace) has no own group to use.
  const bool visible = !own.empty() && own.find("..") == std::string::npos;
  if (visible && own != "/" && writable(here)) {
    if (own.ends_with(std::string("/") + kLeaf)) {
      // This process, or its parent, has moved into the leaf before.
      const std::string above = find_above(mount, own);
      if (!above.empty()) return above;
    }
    const bool ours = managed ? marked_delegated(here) : !root;
    if (ours && take_own(here)) return here;
  }
  if (managed && enter_scope()) {
    const std::string scope = mount + own_group();
    if (writable(scope) && take_own(scope)) return scope;
  }
  if (visible && !root) return find_above(mount, own);
  return root && ::access(mount.c_str(), W_OK) == 0 ? mount : std::string();
}

}  // namespace cloche::cgroup
