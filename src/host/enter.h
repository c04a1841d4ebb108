// Entering namespaces in a trial.
#pragma once

#include <cstdint>
#include <string>

#include "cloche/host.h"
#include "host/attempt.h"

namespace cloche::host {

// The maps by which this user is itself in a user namespace: made before the trial, which must not
// allocate.
struct IdMaps {
  IdMaps();
  std::string users, groups;
};

// In a trial: makes a new user namespace and those of `flags` (CLONE_NEW*), as a sandbox is made:
// with clone3(2), or with clone(2) where that is blocked. The new process goes on; the one that
// called waits for it and ends.
bool enter(Attempt& self, std::uint64_t flags, const IdMaps& maps);

// Whether a trial failed for want of a user namespace, so that it says nothing of what it was for.
bool lacks_user_namespace(const Attempt& trial);

// The finding for such a trial.
HostFinding untried(const char* name, HostLevel level);

}  // namespace cloche::host
