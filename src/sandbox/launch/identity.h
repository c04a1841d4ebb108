// Which users of the host a sandbox's processes are.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "cloche/sandbox.h"
#include "util/fd.h"

namespace cloche {

// Two uids (and gids) of the host that no other sandbox uses at the time: one for init, one for
// programs. Where root launches, every sandbox gets its own, so that even a program that left its
// namespaces would be nobody. Given back when this goes, also by the launcher's death.
class IdentityLease {
 public:
  // The ids 0x70000000 to 0x77ffffff belong to no user: systemd's UIDS-GIDS documentation lists
  // them as unused.
  static constexpr std::uint32_t kFirst = 0x70000000;
  static constexpr std::uint32_t kSlots = 1u << 16;

  // Whether such ids can be had: this process is root, and the ids exist in its user namespace. The
  // root of a rootless container is an ordinary user in this respect.
  static bool possible();

  // Takes a free pair. Throws Error busy if there is none.
  static IdentityLease take();

  std::uint32_t first_id() const { return kFirst + 2 * slot_; }

  // Maps init and program, which is `program` inside, of the user namespace of `pid` to the pair.
  void map(pid_t pid, const User& program) const;

  // The directory `path` as a detached read-only mount in which what root owns is the program's
  // (idmapped mount, mount_setattr(2)). Throws Error unsupported where the file system or the
  // kernel has no such mounts, no_input.
  UniqueFd own_files(const std::string& path) const;

 private:
  IdentityLease(UniqueFd lock, std::uint32_t slot) : lock_(std::move(lock)), slot_(slot) {}

  UniqueFd lock_;
  std::uint32_t slot_;
};

}  // namespace cloche
