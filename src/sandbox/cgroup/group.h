// Control groups of a sandbox and of each run in it: cgroups(7),
// Documentation/admin-guide/cgroup-v2.rst.
//
//   base / cloche.PID… / N       one sandbox; no processes, passes controllers on
//                       / init   its init, without limits
//                       / 1, 2…  one run each, with the limits of that run
//
// A run's figures therefore begin at zero and do not include set-up. When the kernel kills a whole
// run for its memory, init is outside of the run's group and can report it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cloche/sandbox.h"
#include "sandbox/cgroup/tree.h"
#include "util/fd.h"

namespace cloche::cgroup {

// The resources that a run used, from the kernel's files of its group.
struct Usage {
  std::chrono::nanoseconds user{0}, system{0}, throttled{0};  // cpu.stat
  std::optional<std::uint64_t> peak_memory_bytes;             // memory.peak, Linux 5.19
  std::optional<std::uint32_t> peak_tasks;                    // pids.peak, Linux 6.12
  std::optional<std::uint64_t> read_bytes, written_bytes;     // io.stat
  std::map<std::string, std::chrono::nanoseconds> pressure;   // *.pressure, Linux 4.20
  std::uint64_t oom_kills = 0;                                // memory.events
  std::uint64_t out_of_memory = 0;  // memory.events: times no memory could be freed at the limit
  std::uint64_t refused_tasks = 0;  // pids.events: times a fork failed at the limit
};

// The group of one run. The destructor removes it; every process inside must have ended before.
class RunGroup {
 public:
  ~RunGroup();
  RunGroup(const RunGroup&) = delete;
  RunGroup& operator=(const RunGroup&) = delete;

  // Descriptor of its directory, for CLONE_INTO_CGROUP.
  int fd() const { return directory_.get(); }
  Usage usage() const;
  // User and system time so far: cpu.stat.
  std::chrono::nanoseconds cpu_time() const;

 private:
  friend class Groups;
  RunGroup(int parent, std::string name, UniqueFd directory)
      : parent_(parent), name_(std::move(name)), directory_(std::move(directory)) {}

  const int parent_;
  const std::string name_;
  const UniqueFd directory_;
};

// The groups of one sandbox.
class Groups {
 public:
  // Makes the groups with the controllers of this host. `starter` is the host's uid that will start
  // processes in runs. Null if there is no place for groups, or no use for them: groups without
  // controllers only count CPU time, which the caller wants if `for_cpu_time`.
  static std::unique_ptr<Groups> create(uid_t starter, bool for_cpu_time);

  ~Groups();
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  // For CLONE_INTO_CGROUP of init.
  int init_fd() const { return init_.get(); }

  // Makes a group for one run and sets those of its limits whose controllers are available. For
  // each of these, enforced_by[name] becomes "cgroup". Throws Error usage if the kernel refuses the
  // text of cpuset or io_max.
  std::unique_ptr<RunGroup> begin(const Limits& limits,
                                  std::map<LimitKind, Mechanism>& enforced_by);

 private:
  Groups(std::shared_ptr<GroupTree> tree, std::string name, UniqueFd directory, uid_t starter)
      : tree_(std::move(tree)),
        name_(std::move(name)),
        directory_(std::move(directory)),
        starter_(starter) {}

  std::shared_ptr<GroupTree> tree_;
  const std::string name_;
  const UniqueFd directory_;
  const uid_t starter_;
  UniqueFd init_;
  unsigned runs_ = 0;
};

}  // namespace cloche::cgroup
