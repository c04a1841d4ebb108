// Removing directories of a store so that a process that is killed on the way leaves nothing that
// the next process does not remove.
//
// A directory goes in this order: its content, then the files of the pool that only it had, then
// its lock file and itself. As long as files may be left in the pool, the directory is in
// <store>/tmp, and the next process that cleans up does all three steps again.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "util/fd.h"

namespace cloche::image {

// A directory of <store>/tmp that is to be removed, and its lock file, exclusively locked. `lock`
// is none where the directory has no lock file, as after a kill between the two.
struct Discarded {
  std::string name;
  UniqueFd lock;
  bool shares = true;  // its files may have second names in the pool
};

// One descriptor each: the most that are discarded at a time.
inline constexpr std::size_t kMostDiscarded = 64;

// Locks the directories in <store>/tmp (open as `directory`) that no living process holds:
// kMostDiscarded at most. The caller holds the store's lock; otherwise a directory could be taken
// between being made and being locked. Throws Error by errno.
std::vector<Discarded> claim_abandoned(int directory);

// The names in <store>/tmp that no living process holds. Changes nothing. Throws Error by errno.
std::vector<std::string> abandoned(const std::string& store);

// Moves <store>/rootfs/<name> to <store>/tmp and adds it to `discarded`, unless somebody uses it.
// The caller holds the store's lock. Throws Error by errno.
void discard_rootfs(const std::string& store, const std::string& name,
                    std::vector<Discarded>& discarded);

// Removes the directories as described above. Needs no lock of the store. Tries all of them, then
// throws the first Error.
void remove_discarded(const std::string& store, std::vector<Discarded> discarded);

}  // namespace cloche::image
