#include "image/store/collect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <vector>

#include "cloche/error.h"
#include "image/store/lock.h"
#include "image/store/pool.h"
#include "image/store/record.h"
#include "image/store/staging.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

std::vector<std::string> children(const std::string& path) {
  std::vector<std::string> names;
  TreeVisitor visitor;
  visitor.enter = [&names, &path](int, const std::string& name, const struct stat&) {
    if (name == path) return true;
    names.push_back(name);
    return false;
  };
  walk_tree(AT_FDCWD, path, visitor);
  return names;
}

// True if it removed a root file system, for which it gave up the store's lock.
bool collect_one(const std::string& store) {
  UniqueFd held = lock_store(store);
  std::set<std::string> used_rootfs;
  std::set<std::string> used_blobs;
  for (const std::string& name : recorded_names(store)) {
    Record record;
    try {
      if (!read_record(store, name, record)) continue;
    } catch (const Error&) {
      return false;
    }
    used_rootfs.insert(record.rootfs);
    used_blobs.insert(record.blobs.begin(), record.blobs.end());
  }
  for (const std::string& blob : children(store + "/blobs/sha256"))
    if (used_blobs.count(blob) == 0) ::unlink((store + "/blobs/sha256/" + blob).c_str());
  for (const std::string& rootfs : children(store + "/rootfs")) {
    if (used_rootfs.count(rootfs) != 0) continue;
    discard_rootfs(store, rootfs, held);
    if (!held) return true;
  }
  return false;
}

}  // namespace

void collect(const std::string& store) {
  bool removed = false;
  while (collect_one(store)) removed = true;
  if (removed) sweep_pool(store);
}

void collect_quietly(const std::string& store) {
  try {
    collect(store);
  } catch (const Error&) {
    // `prune` tells.
  }
}

}  // namespace cloche::image
