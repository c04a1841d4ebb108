// What this host offers to sandboxes and what it lacks: the knowledge behind `cloche doctor`.
//
//   const cloche::HostReport report = cloche::inspect_host();
//   for (const cloche::HostFinding& finding : report.findings)
//     if (finding.level != cloche::HostLevel::ok)
//       std::cerr << finding.name << ": " << finding.found << "; " << finding.remedy << "\n";
//
// Nothing is guessed from version numbers where it can be tried: what could harm the calling
// process is tried in short-lived children of it, and at the end one real sandbox is made.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/sandbox.h"

namespace cloche {

enum class HostLevel {
  ok,        // there, or not needed
  degraded,  // sandboxes run, but something is approximated or left out
  missing,   // no sandbox can be made without it
};
// "ok", "degraded", "missing".
std::string_view to_string(HostLevel level);

// One thing that was looked at.
struct HostFinding {
  // A stable key, listed in docs/doctor.md: "user_namespaces", "memory_controller", ...
  std::string name;
  HostLevel level = HostLevel::ok;
  std::string found;    // what is there, in one line
  std::string instead;  // what cloche does without it; empty if ok
  // The command (for root, unless it says otherwise) or file that mends it; empty if ok, or if
  // nothing is known to help.
  std::string remedy;
};

enum class CgroupVersion {
  none,    // no cgroup file system below /sys/fs/cgroup
  v1,      // version 1 alone, which cloche does not use
  hybrid,  // version 2 at /sys/fs/cgroup/unified, beside version 1, which has the controllers
  v2,
};
// "none", "v1", "hybrid", "v2".
std::string_view to_string(CgroupVersion version);

struct HostReport {
  std::string kernel;        // uname(2) release: "6.1.0-28-amd64"
  std::string architecture;  // uname(2) machine: "x86_64"
  CgroupVersion cgroup_version = CgroupVersion::none;
  // The group in which the launcher makes its own, as a path; empty if there is none to be had.
  std::string cgroup_subtree;
  // The version 2 controllers there; where there is no such group, those of the hierarchy's root.
  std::vector<std::string> cgroup_controllers;
  int landlock_abi = 0;  // landlock(7); 0 without Landlock
  // Time it took to make the real sandbox; nothing if that failed.
  std::optional<std::chrono::nanoseconds> sandbox_create;
  // Result::enforced_by of that sandbox for memory, tasks, cpu_time, cpus, cpuset and io.
  std::map<LimitKind, Mechanism> enforced_by;
  // Always the same ones in the same order.
  std::vector<HostFinding> findings;

  // missing if no sandbox can be made, else degraded if any finding is not ok, else ok.
  HostLevel level() const;
  // The finding of that name, or null.
  const HostFinding* find(std::string_view name) const;
};

// Looks at everything. Takes some tens of milliseconds, starts and ends some children, makes and
// removes a directory in the temporary directory and, where it may, a control group. What fails is
// a finding; throws only std::bad_alloc.
HostReport inspect_host();

// For a program that starts several launchers: moves this process aside in its control group, where
// that is handed over to it (systemd's Delegate=), so that its children find a group to make theirs
// in. To be called before the first of them starts; without it each of them would find the group
// taken by the others. Does nothing where there is nothing to be had, and throws nothing.
void settle_control_groups();

}  // namespace cloche
