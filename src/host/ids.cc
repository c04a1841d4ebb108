// The ids that sandboxes and image builds use.
#include <unistd.h>

#include "cloche/error.h"
#include "host/probes.h"
#include "sandbox/launch/identity.h"
#include "util/lookup.h"

namespace cloche::host {

HostFinding probe_identity() {
  if (::geteuid() != 0)
    return {"identity", HostLevel::ok, "programs run as this user, in a user namespace"};
  try {
    if (IdentityLease::possible())
      return {"identity", HostLevel::ok, "every sandbox gets two host ids of its own"};
  } catch (const Error& error) {
    return {"identity", HostLevel::degraded, "not known: " + std::string(error.what())};
  }
  const std::string first = std::to_string(IdentityLease::kFirst);
  const std::string last = std::to_string(IdentityLease::kFirst + 2 * IdentityLease::kSlots - 1);
  return {"identity", HostLevel::degraded, "this root is root of a user namespace with few ids",
          "all sandboxes run as the host user of this root",
          "map the ids " + first + " to " + last + " into the container, or run on the host"};
}

HostFinding probe_subordinate_ids() {
  const char* name = "subordinate_ids";
  if (::geteuid() == 0) return {name, HostLevel::ok, "not needed: root builds images"};
  HostFinding finding{name, HostLevel::degraded, "",
                      "this user cannot build images, but can use root's and import others"};
  if (find_program("newuidmap").empty() || find_program("newgidmap").empty()) {
    finding.found = "newuidmap or newgidmap is not installed";
    finding.remedy = "apt-get install uidmap";
    return finding;
  }
  for (const char* file : {"/etc/subuid", "/etc/subgid"}) {
    if (has_subordinate_ids(file)) continue;
    finding.found = std::string(file) + " grants this user none";
    finding.remedy = "usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER";
    return finding;
  }
  return {name, HostLevel::ok, "granted, and newuidmap is there"};
}

}  // namespace cloche::host
