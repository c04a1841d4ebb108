#include <algorithm>
#include <utility>

#include "cloche/host.h"
#include "host/probes.h"

namespace cloche {

std::string_view to_string(HostLevel level) {
  switch (level) {
    case HostLevel::ok:
      return "ok";
    case HostLevel::degraded:
      return "degraded";
    case HostLevel::missing:
      return "missing";
  }
  return "missing";
}

std::string_view to_string(CgroupVersion version) {
  switch (version) {
    case CgroupVersion::none:
      return "none";
    case CgroupVersion::v1:
      return "v1";
    case CgroupVersion::hybrid:
      return "hybrid";
    case CgroupVersion::v2:
      return "v2";
  }
  return "none";
}

HostLevel HostReport::level() const {
  // A probe can be wrong, so the real sandbox decides what can run.
  if (!sandbox_create) return HostLevel::missing;
  const bool good = std::all_of(findings.begin(), findings.end(), [](const HostFinding& each) {
    return each.level == HostLevel::ok;
  });
  return good ? HostLevel::ok : HostLevel::degraded;
}

const HostFinding* HostReport::find(std::string_view name) const {
  for (const HostFinding& finding : findings)
    if (finding.name == name) return &finding;
  return nullptr;
}

HostReport inspect_host() {
  HostReport report;
  // It runs first, because it shows what control groups can enforce; its finding comes last.
  HostFinding sandbox = host::probe_sandbox(report);
  auto& list = report.findings;
  list.push_back(host::probe_kernel(report));
  list.push_back(host::probe_clone3());
  list.push_back(host::probe_user_namespaces());
  list.push_back(host::probe_namespaces());
  list.push_back(host::probe_time_namespace());
  list.push_back(host::probe_mounts());
  list.push_back(host::probe_proc());
  list.push_back(host::probe_overlayfs());
  list.push_back(host::probe_seccomp());
  list.push_back(host::probe_seccomp_notification());
  list.push_back(host::probe_landlock(report));
  list.push_back(host::probe_cgroup(report));
  list.push_back(host::probe_delegation(report));
  list.push_back(host::probe_systemd(report));
  for (HostFinding& each : host::probe_controllers(report)) list.push_back(std::move(each));
  list.push_back(host::probe_identity());
  list.push_back(host::probe_subordinate_ids());
  list.push_back(host::probe_store());
  // The probes describe the obstacle better than the sandbox does.
  for (const HostFinding& each : list) {
    if (sandbox.level == HostLevel::ok) break;
    if (each.level != HostLevel::missing || each.remedy.empty()) continue;
    sandbox.remedy = each.remedy;
    break;
  }
  list.push_back(std::move(sandbox));
  return report;
}

}  // namespace cloche
