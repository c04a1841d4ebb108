// Starting init in its namespaces.
#pragma once

#include <sys/types.h>

#include "util/fd.h"

namespace cloche {

// A running init.
struct Launched {
  pid_t pid = -1;
  UniqueFd pidfd;
  UniqueFd socket;  // the launcher's end
};

// Starts init in new user, mount, pid, network, ipc, uts and cgroup namespaces: one clone3(2) that
// costs the same however large the calling process is. `cgroup_fd` is the group to be born in, or
// -1. Throws Error unsupported, with what is likely in the way, if the host refuses.
Launched launch_init(int cgroup_fd);

// Starts init as a guard of control groups, outside any sandbox: when the launcher goes, it kills
// what lives in the groups below `groups_fd` and removes them (see guard.cc).
Launched launch_guard(int groups_fd, const char* name);

}  // namespace cloche
