// Removes directories of a store in such an order that the next process can finish the work of a
// process that was killed.
//
// A directory is removed in this order: its content, then the files of the pool that only it used,
// then its lock file and the directory itself. As long as such files may be left in the pool, the
// directory is in <store>/tmp, and the next process that cleans up repeats all three steps.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "util/fd.h"

namespace cloche::image {

// A directory of <store>/tmp that is to be removed, and its lock file, exclusively locked. `lock`
// is empty if the directory has no lock file, as after a kill between the last two removals.
struct Discarded {
  std::string name;
  UniqueFd lock;
  bool shares = true;  // its files may have second names in the pool
};

// The most directories that are discarded at a time: each takes a descriptor.
inline constexpr std::size_t kMostDiscarded = 64;

// Locks the directories in <store>/tmp (open as `directory`) that no living process holds: at most
// kMostDiscarded. The caller must hold the store's lock; otherwise a directory could be claimed
// before its maker has locked it. Throws Error by errno.
std::vector<Discarded> claim_abandoned(int directory);

// The names in <store>/tmp that no living process holds. Changes nothing. Throws Error by errno.
std::vector<std::string> abandoned(const std::string& store);

// Moves <store>/rootfs/<name> to <store>/tmp and adds it to `discarded`, unless it is in use. The
// caller holds the store's lock. Throws Error by errno.
void discard_rootfs(const std::string& store, const std::string& name,
                    std::vector<Discarded>& discarded);

// Removes the directories as described above. Needs no lock of the store. Tries all of them, then
// throws the first Error.
void remove_discarded(const std::string& store, std::vector<Discarded> discarded);

}  // namespace cloche::image
