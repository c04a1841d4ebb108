// The control groups of one launcher.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>

#include "sandbox/launch/launch.h"
#include "util/fd.h"

namespace cloche::cgroup {

// A directory "cloche.PID" below the base (base.h), and a guard process that removes it if the
// launcher is killed. A lock on the directory (flock(2), held by launcher and guard) marks it as in
// use. Each start removes directories without a lock, which remain if a guard was killed, too.
class GroupTree {
 public:
  // The tree of this process. It is made on first use, and again in a forked child. Null if there
  // can be none.
  static std::shared_ptr<GroupTree> of_this_process();

  ~GroupTree();
  GroupTree(const GroupTree&) = delete;
  GroupTree& operator=(const GroupTree&) = delete;

  int fd() const { return directory_.get(); }
  std::string next_name() { return std::to_string(++count_); }

  // Passes controllers on to the groups of the tree; false if one is missing.
  bool enable(const std::string& controller);
  // Whether any controller is passed on. Without one, groups can count CPU time and kill, no more.
  bool limits() const { return limits_; }

 private:
  GroupTree() = default;
  static std::shared_ptr<GroupTree> make();
  bool make_directory();

  const pid_t owner_ = ::getpid();
  UniqueFd base_, directory_;
  std::string name_;
  Launched guard_;
  bool limits_ = false;
  std::atomic<unsigned> count_{0};
};

// The controllers of every group with limits. The others are passed on only if a limit needs them.
inline constexpr const char* kControllers[] = {"memory", "pids", "cpu"};

// Passes a controller on from a group to its children; true if it is.
bool pass_on(int directory, const std::string& controller);

}  // namespace cloche::cgroup
