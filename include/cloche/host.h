// Reports which features this host offers to sandboxes and which it lacks: the knowledge behind
// `cloche doctor`.
//
//   const cloche::HostReport report = cloche::inspect_host();
//   for (const cloche::HostFinding& finding : report.findings)
//     if (finding.level != cloche::HostLevel::ok)
//       std::cerr << finding.name << ": " << finding.found << "; " << finding.remedy << "\n";
//
// A feature that can be tried is tried and not guessed from a version number. Trials that could
// harm the calling process run in short-lived children of it. At the end one real sandbox is made.
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
  ok,        // available, or not needed
  degraded,  // sandboxes run, but something is approximated or left out
  missing,   // no sandbox can be made without it
};
// "ok", "degraded", "missing".
std::string_view to_string(HostLevel level);

// The result of one probe.
struct HostFinding {
  // A stable key, listed in docs/doctor.md: "user_namespaces", "memory_controller", ...
  std::string name;
  HostLevel level = HostLevel::ok;
  std::string found;    // the present state, in one line
  std::string instead;  // what cloche does instead; empty if ok
  // The command (for root, unless it says otherwise) or file that repairs it; empty if ok, or if no
  // remedy is known.
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
  // The path of the group in which the launcher makes its own groups; empty if there is none.
  std::string cgroup_subtree;
  // The version 2 controllers of that group or, if there is none, of the hierarchy's root.
  std::vector<std::string> cgroup_controllers;
  int landlock_abi = 0;  // landlock(7); 0 without Landlock
  // The time that it took to make the real sandbox; empty if that failed.
  std::optional<std::chrono::nanoseconds> sandbox_create;
  // Result::enforced_by of that sandbox for memory, tasks, cpu_time, cpus, cpuset and io.
  std::map<LimitKind, Mechanism> enforced_by;
  // Always the same findings in the same order.
  std::vector<HostFinding> findings;

  // missing if no sandbox can be made, else degraded if any finding is not ok, else ok.
  HostLevel level() const;
  // The finding of that name, or null.
  const HostFinding* find(std::string_view name) const;
};

// Runs all probes. Takes some tens of milliseconds, starts and ends some children, makes and
// removes a directory in the temporary directory and, if it may, a control group. A probe that
// fails gives a finding; throws only std::bad_alloc.
HostReport inspect_host();

// Prepares a program that starts several launchers. If systemd handed the program's control group
// over to it (Delegate=), this moves the process into a leaf of that group, so that its children
// can use the group for their own groups. Call it before the first child starts; otherwise each
// child finds the group occupied by the others. Without such a group it does nothing. Throws
// nothing.
void settle_control_groups();

}  // namespace cloche
