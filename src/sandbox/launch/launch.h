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

// Starts init in new user, mount, pid, network, ipc and uts namespaces. This is one clone3(2),
// whose cost does not depend on the size of the calling process. init is born in the group
// `cgroup_fd`; with -1 it gets a new cgroup namespace, too. Throws Error unsupported, with the
// likely obstacle, if the host refuses.
Launched launch_init(int cgroup_fd);

// Starts init as a guard of control groups, outside any sandbox. When the launcher is gone, the
// guard kills the processes in the group `name` of `base_fd`, if it still exists, and removes it
// with all groups below it (see guard.cc).
Launched launch_guard(int base_fd, const char* name);

}  // namespace cloche
