#include "image/store/collect.h"

#include <unistd.h>

#include <set>
#include <vector>

#include "cloche/error.h"
#include "image/store/discard.h"
#include "image/store/lock.h"
#include "image/store/record.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

// Removes the blobs that no record names. Moves unused root file systems that no record names out
// of the store: at most kMostDiscarded. Does nothing if a record cannot be read.
std::vector<Discarded> discard_unneeded(const std::string& store) {
  const UniqueFd held = lock_store(store);
  std::vector<Discarded> discarded;
  std::set<std::string> used_rootfs;
  std::set<std::string> used_blobs;
  for (const std::string& name : recorded_names(store)) {
    ImageRecord record;
    try {
      if (!read_record(store, name, record)) continue;
    } catch (const Error&) {
      return discarded;
    }
    used_rootfs.insert(record.rootfs);
    used_blobs.insert(record.blobs.begin(), record.blobs.end());
  }
  for (const std::string& blob : children_of(store + "/blobs/sha256"))
    if (used_blobs.count(blob) == 0) ::unlink((store + "/blobs/sha256/" + blob).c_str());
  for (const std::string& rootfs : children_of(store + "/rootfs"))
    if (used_rootfs.count(rootfs) == 0 && discarded.size() < kMostDiscarded)
      discard_rootfs(store, rootfs, discarded);
  return discarded;
}

}  // namespace

void collect(const std::string& store) {
  for (;;) {
    std::vector<Discarded> discarded = discard_unneeded(store);
    if (discarded.empty()) return;
    remove_discarded(store, std::move(discarded));
  }
}

void collect_quietly(const std::string& store) {
  try {
    collect(store);
  } catch (const Error&) {
    // `cloche image prune` reports it.
  }
}

}  // namespace cloche::image
