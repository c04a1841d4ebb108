// The users of the host that a sandbox's processes run as.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "cloche/sandbox.h"
#include "util/fd.h"

namespace cloche {

// Two uids (and gids) of the host that no other sandbox uses at the same time: one for init, one
// for programs. Where root launches, every sandbox gets its own, so that a program that escaped its
// namespaces would still have no rights of any user. The destructor gives them back, and so does
// the launcher's death.
class IdentityLease {
 public:
  // The ids 0x70000000 to 0x77ffffff belong to no user: systemd's UIDS-GIDS documentation lists
  // them as unused.
  static constexpr std::uint32_t kFirst = 0x70000000;
  static constexpr std::uint32_t kSlots = 1u << 16;

  // Whether this process can use such ids: it is root, and the ids exist in its user namespace. The
  // root of a rootless container is an ordinary user in this respect.
  static bool possible();

  // Takes a free pair. Throws Error busy if there is none.
  static IdentityLease take();

  std::uint32_t first_id() const { return kFirst + 2 * slot_; }

  // Maps two ids in the user namespace of `pid` to the pair: init's, and that of programs, which is
  // `program` inside.
  void map(pid_t pid, const User& program) const;

  // The directory `path` as a detached read-only mount in which the files of root belong to the
  // program (idmapped mount, mount_setattr(2)). Throws Error: unsupported if the file system or the
  // kernel has no such mounts, no_input if there is no such directory.
  UniqueFd own_files(const std::string& path) const;

 private:
  IdentityLease(UniqueFd lock, std::uint32_t slot) : lock_(std::move(lock)), slot_(slot) {}

  UniqueFd lock_;
  std::uint32_t slot_;
};

}  // namespace cloche
