// Enters namespaces in a trial.
#pragma once

#include <cstdint>
#include <string>

#include "cloche/host.h"
#include "host/attempt.h"

namespace cloche::host {

// The maps that give this user the same id in a user namespace. They are made before the trial,
// which must not allocate.
struct IdMaps {
  IdMaps();
  std::string users, groups;
};

// In a trial: makes a new user namespace and the namespaces of `flags` (CLONE_NEW*) the way a
// sandbox does: with clone3(2), or with clone(2) if clone3 is blocked. The new process goes on; the
// calling process waits for it and ends.
bool enter(Attempt& self, std::uint64_t flags, const IdMaps& maps);

// Whether a trial failed only because it got no user namespace. It then says nothing about its
// subject.
bool lacks_user_namespace(const Attempt& trial);

// The finding for such a trial.
HostFinding untried(const char* name, HostLevel level);

}  // namespace cloche::host
