// Finds the place where this process may make control groups.
#pragma once

#include <string>

namespace cloche::cgroup {

// The mount point of cgroup version 2, alone or beside version 1; empty if it is not mounted.
std::string mount_point();

// The group this process lives in, as a path below the mount point; empty if it is in none.
std::string own_group();

// A directory in which this process may make groups and whose controllers it can pass on to them;
// empty if there is none. Tried in this order:
//   1. our own group, if it is delegated to us and no other process lives in it. Children can have
//      limits only if the group has no processes, so this process moves into a leaf of it;
//   2. on a host with systemd: a transient scope with Delegate=yes, from the user's manager or, for
//      root, from the system's (the program cloche-scope asks for it);
//   3. the nearest group above our own that is ours and already passes controllers on;
//   4. for root: the top.
// Documentation/admin-guide/cgroup-v2.rst, "Delegation"; systemd's CGROUP_DELEGATION.
std::string find_base();

}  // namespace cloche::cgroup
