// Control groups, version 2: cgroups(7), Documentation/admin-guide/cgroup-v2.rst.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "cloche/sandbox.h"
#include "util/fd.h"

namespace cloche {

// The groups of one launcher: a directory below a subtree that is ours (one delegated to this user,
// or for root one of our own), and a guard process that removes it if the launcher is killed.
class CgroupTree;

// The control group of one sandbox. Removed when it goes; everything inside must have ended.
class Cgroup {
 public:
  // Makes a group with what this host offers. Nothing if there is no subtree that may be written,
  // or if it has no controller: without one a group would limit nothing.
  static std::unique_ptr<Cgroup> create();

  ~Cgroup();
  Cgroup(const Cgroup&) = delete;
  Cgroup& operator=(const Cgroup&) = delete;

  // Descriptor of its directory, for CLONE_INTO_CGROUP.
  int fd() const { return directory_.get(); }

  // Sets memory.max, memory.swap.max, pids.max and cpu.max as far as the controllers are there.
  // Says for each limit that is now enforced: enforced_by[name] = "cgroup".
  void limit(const Limits& limits, std::map<std::string, std::string>& enforced_by);

  struct Usage {
    std::chrono::nanoseconds user{0}, system{0};
    std::uint64_t peak_memory_bytes = 0;  // 0 if unknown
    std::uint64_t oom_kills = 0;
  };
  Usage usage() const;

 private:
  Cgroup(std::shared_ptr<CgroupTree> tree, std::string name, UniqueFd directory);

  std::shared_ptr<CgroupTree> tree_;
  std::string name_;
  UniqueFd directory_;
};

}  // namespace cloche
