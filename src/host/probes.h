// The probes behind inspect_host(), one for each finding. They throw nothing but std::bad_alloc.
#pragma once

#include <string>
#include <vector>

#include "cloche/host.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::host {

// kernel.cc
HostFinding probe_kernel(HostReport& report);    // fills kernel, architecture
HostFinding probe_landlock(HostReport& report);  // fills landlock_abi
HostFinding probe_seccomp();
HostFinding probe_seccomp_notification();

// namespaces.cc
HostFinding probe_clone3();
HostFinding probe_user_namespaces();
HostFinding probe_namespaces();
HostFinding probe_time_namespace();

// mounts.cc
HostFinding probe_mounts();
HostFinding probe_proc();
HostFinding probe_overlayfs();

// ids.cc
HostFinding probe_identity();
HostFinding probe_subordinate_ids();

// store.cc
HostFinding probe_store();

// trial.cc: makes the real sandbox; fills sandbox_create, enforced_by
HostFinding probe_sandbox(HostReport& report);

// cgroups.cc. They come after probe_sandbox(): the mechanisms that limited the real sandbox decide.
HostFinding probe_cgroup(HostReport& report);      // fills cgroup_version
HostFinding probe_delegation(HostReport& report);  // fills cgroup_subtree, cgroup_controllers
std::vector<HostFinding> probe_controllers(const HostReport& report);

// systemd.cc
HostFinding probe_systemd(const HostReport& report);

}  // namespace cloche::host
