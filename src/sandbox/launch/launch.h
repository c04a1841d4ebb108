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

// Starts init in new user, mount, pid, network, ipc and uts namespaces: one clone3(2) that costs
// the same however large the calling process is. `cgroup_fd` is the group to be born in; with -1 a
// new cgroup namespace is made too. Throws Error unsupported, with what is likely in the way, if
// the host refuses.
Launched launch_init(int cgroup_fd);

// Starts init as a guard of control groups, outside any sandbox: when the launcher goes, it kills
// what lives in the group `name` of `base_fd`, if that is there, and removes it with all below (see
// guard.cc).
Launched launch_guard(int base_fd, const char* name);

}  // namespace cloche
