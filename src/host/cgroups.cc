// Control groups: their version, the subtree that the launcher may use, the controllers:
// cgroups(7).
//
// The limits of the real sandbox decide. The launcher itself reports which group it uses;
// cgroup/base.h describes how it finds the group.
#include <linux/magic.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <sstream>

#include "cloche/error.h"
#include "host/probes.h"
#include "sandbox/cgroup/base.h"
#include "sandbox/cgroup/tree.h"

namespace cloche::host {

namespace {

constexpr const char* kMount = "/sys/fs/cgroup";
constexpr const char* kRemount = "mount -o remount,rw ";
constexpr const char* kOwnScope =
    "systemd-run --user --scope -p Delegate=yes cloche ... (by the user)";
constexpr const char* kDropIn = "user@.service.d/cloche-delegate.conf";

bool has_version_1() {
  for (const char* controller : {"memory", "cpu", "pids", "systemd"}) {
    struct statfs status {};
    const std::string path = std::string(kMount) + "/" + controller;
    if (::statfs(path.c_str(), &status) == 0 && status.f_type == CGROUP_SUPER_MAGIC) return true;
  }
  return false;
}

// The group in which the launcher makes its own groups; empty if there is none.
std::string base_in_use() {
  try {
    const auto tree = cgroup::GroupTree::of_this_process();
    if (!tree) return {};
    char path[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(tree->fd());
    const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
    if (length <= 0) return {};
    const std::string directory(path, static_cast<std::size_t>(length));
    return directory.substr(0, directory.rfind('/'));
  } catch (const Error&) {
    return {};
  }
}

std::vector<std::string> controllers_of(const std::string& group) {
  std::istringstream words(small_file(group + "/cgroup.controllers"));
  std::vector<std::string> list;
  for (std::string word; words >> word;) list.push_back(word);
  return list;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

bool holds(const HostReport& report, LimitKind limit) {
  const auto found = report.enforced_by.find(limit);
  return found != report.enforced_by.end() && found->second == Mechanism::cgroup;
}

std::string version_remedy(CgroupVersion version) {
  if (version == CgroupVersion::none)
    return "mount -t cgroup2 cgroup2 /sys/fs/cgroup; in a container it must be writable";
  return "boot with the kernel parameters systemd.unified_cgroup_hierarchy=1 cgroup_no_v1=all";
}

std::string drop_in_remedy() {
  return "install -D -m 644 " + shipped_file(std::string("systemd/") + kDropIn) +
         " /etc/systemd/system/" + kDropIn + " && systemctl daemon-reload, then log in anew";
}

// The way to give this user a group on a host with version 2.
std::string group_remedy(const std::string& mount) {
  if (::geteuid() == 0) return kRemount + mount + "; in a container it must be writable";
  if (::access("/run/systemd/system", F_OK) == 0) return kOwnScope;
  return "mkdir " + mount + "/cloche && chown USER " + mount + "/cloche " + mount +
         "/cloche/cgroup.{procs,subtree_control}, and start cloche in it";
}

// The way to make a controller usable.
std::string controller_remedy(const HostReport& report, const std::string& name) {
  if (report.cgroup_version != CgroupVersion::v2) return version_remedy(report.cgroup_version);
  if (!contains(controllers_of(kMount), name)) {
    // Every group has a type, except the host's root group. The root of a container is an ordinary
    // group.
    const bool in_container = ::access((std::string(kMount) + "/cgroup.type").c_str(), F_OK) == 0;
    return in_container
               ? "give the container the " + name + " controller"
               : "use a kernel with the " + name + " controller, not started with cgroup_disable=";
  }
  const std::string& group = report.cgroup_subtree;
  if (group.empty()) return group_remedy(kMount);
  if (!contains(report.cgroup_controllers, name)) return drop_in_remedy();
  return "leave " + group + " to cloche alone: groups with processes pass no controllers on";
}

// The use of a controller, and the substitute for it.
struct Controller {
  const char* name;
  LimitKind limit;
  const char* good;
  const char* instead;
};

constexpr Controller kControllers[] = {
    {"memory", LimitKind::memory, "memory.max bounds the whole tree",
     "memory is sampled every 10 ms: a run may exceed its limit that long"},
    {"pids", LimitKind::tasks, "pids.max bounds the whole tree",
     "RLIMIT_NPROC bounds processes and threads"},
    {"cpu", LimitKind::cpus, "cpu.max bounds the whole tree",
     "a limit on CPUs' worth of time is not enforced"},
    {"io", LimitKind::io, "io.max bounds the whole tree",
     "bounds on block devices are not enforced"},
    {"cpuset", LimitKind::cpuset, "cpuset.cpus binds the whole tree",
     "sched_setaffinity, which programs can undo among the CPUs of cloche"}};

HostFinding probe_controller(const HostReport& report, const Controller& controller) {
  const std::string key = std::string(controller.name) + "_controller";
  if (holds(report, controller.limit)) return {key, HostLevel::ok, controller.good};
  HostFinding finding{key, HostLevel::degraded, "", controller.instead,
                      controller_remedy(report, controller.name)};
  const bool there = contains(report.cgroup_controllers, controller.name);
  if (there && report.cgroup_subtree.empty())
    finding.found = "the host has it, but this user has no group for it";
  else if (there)
    finding.found = "there, but could not be used";
  else if (report.cgroup_version == CgroupVersion::hybrid)
    finding.found = "not in version 2";
  else
    finding.found = "not there";
  return finding;
}

}  // namespace

HostFinding probe_cgroup(HostReport& report) {
  const std::string mount = cgroup::mount_point();
  HostFinding finding{"cgroup"};
  if (mount == kMount) {
    report.cgroup_version = CgroupVersion::v2;
    finding.found = "version 2";
    return finding;
  }
  if (!mount.empty()) {
    report.cgroup_version = CgroupVersion::hybrid;
    finding.found = "version 2 beside version 1, which has the controllers";
    // An administrator may have moved the controllers to version 2.
    if (holds(report, LimitKind::memory) && holds(report, LimitKind::tasks) &&
        holds(report, LimitKind::cpus))
      return finding;
  } else if (has_version_1()) {
    report.cgroup_version = CgroupVersion::v1;
    finding.found = "version 1 alone";
  } else {
    finding.found = std::string("nothing mounted at ") + kMount;
  }
  finding.level = HostLevel::degraded;
  finding.instead = "resource limits and supervision";
  finding.remedy = version_remedy(report.cgroup_version);
  return finding;
}

HostFinding probe_delegation(HostReport& report) {
  const std::string mount = cgroup::mount_point();
  HostFinding finding{"delegation"};
  report.cgroup_subtree = base_in_use();
  const std::string& group = report.cgroup_subtree;
  if (!mount.empty()) report.cgroup_controllers = controllers_of(group.empty() ? mount : group);
  if (!group.empty()) {
    finding.found = "groups are made in " + group;
    return finding;
  }
  finding.level = HostLevel::degraded;
  finding.found = "no group that this user may use";
  finding.instead = "resource limits and supervision; CPU time is sampled every 10 ms";
  finding.remedy = report.cgroup_version == CgroupVersion::v2
                       ? group_remedy(mount)
                       : version_remedy(report.cgroup_version);
  return finding;
}

std::vector<HostFinding> probe_controllers(const HostReport& report) {
  std::vector<HostFinding> findings;
  for (const Controller& each : kControllers) findings.push_back(probe_controller(report, each));
  return findings;
}

}  // namespace cloche::host
