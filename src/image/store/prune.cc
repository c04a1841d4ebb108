// Store::prune.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "cloche/error.h"
#include "cloche/image.h"
#include "image/store/collect.h"
#include "image/store/discard.h"
#include "image/store/found.h"
#include "image/store/lock.h"
#include "image/store/pool.h"
#include "image/store/record.h"
#include "image/store/staging.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

// Counts the bytes that are freed when some trees are removed: files with names elsewhere stay.
class Freed {
 public:
  void add(int directory, const std::string& name) {
    TreeVisitor visitor;
    visitor.enter = [this](int, const std::string&, const struct stat& status) {
      if (S_ISREG(status.st_mode)) add(status);
      return true;
    };
    try {
      walk_tree(directory, name, visitor);
    } catch (const Error&) {
      // The tree is being removed, or cannot be read: the rest is not counted.
    }
  }
  // Includes the files of the pool that then have no name elsewhere.
  std::uint64_t bytes(int pool) {
    TreeVisitor visitor;
    visitor.enter = [this](int, const std::string&, const struct stat& status) {
      if (!S_ISREG(status.st_mode)) return true;
      add(status);
      return true;
    };
    walk_tree(pool, ".", visitor);
    return bytes_;
  }

 private:
  void add(const struct stat& status) {
    if (status.st_nlink == 1) {
      bytes_ += static_cast<std::uint64_t>(status.st_size);
    } else {
      count(names_[status.st_ino], status);
    }
  }
  void count(nlink_t& names, const struct stat& status) {
    if (++names == status.st_nlink) bytes_ += static_cast<std::uint64_t>(status.st_size);
  }

  std::map<ino_t, nlink_t> names_;  // names seen so far, for files with several names
  std::uint64_t bytes_ = 0;
};

struct Needed {
  std::set<std::string> rootfs;
  std::set<std::string> blobs;
  std::vector<std::string> unreadable;  // the images whose needs are unknown
};

Needed needed_without(const std::string& store, const std::vector<std::string>& removed) {
  const std::set<std::string> gone(removed.begin(), removed.end());
  Needed needed;
  for (const std::string& name : recorded_names(store)) {
    if (gone.count(name) != 0) continue;
    ImageRecord record;
    try {
      if (!read_record(store, name, record)) continue;
    } catch (const Error&) {
      needed.unreadable.push_back(name);
      continue;
    }
    needed.rootfs.insert(record.rootfs);
    needed.blobs.insert(record.blobs.begin(), record.blobs.end());
  }
  return needed;
}

// Chooses the names of the images to remove, and finds those that are in use.
void choose(const std::string& store, const PruneOptions& options, Pruned& pruned) {
  if (!options.older_than) return;
  const std::int64_t latest = std::time(nullptr) - options.older_than->count();
  for (const std::string& name : recorded_names(store)) {
    ImageRecord record;
    try {
      if (!read_record(store, name, record) || record.image.created > latest) continue;
    } catch (const Error&) {
      continue;  // its age is unknown
    }
    (is_in_use(store, record) ? pruned.in_use : pruned.images).push_back(name);
  }
}

// Counts everything that is removed together with the chosen images.
void count(const std::string& store, Pruned& pruned) {
  Freed freed;
  for (const std::string& name : abandoned(store)) {
    ++pruned.staging;
    freed.add(AT_FDCWD, store + "/tmp/" + name);
  }
  const Needed needed = needed_without(store, pruned.images);
  pruned.unreadable = needed.unreadable;
  if (needed.unreadable.empty()) {
    for (const std::string& name : children_of(store + "/rootfs")) {
      ImageRecord record;
      record.rootfs = name;
      if (needed.rootfs.count(name) != 0 || is_in_use(store, record)) continue;
      ++pruned.rootfs;
      freed.add(AT_FDCWD, store + "/rootfs/" + name);
    }
    for (const std::string& name : children_of(store + "/blobs/sha256")) {
      if (needed.blobs.count(name) != 0) continue;
      ++pruned.blobs;
      freed.add(AT_FDCWD, store + "/blobs/sha256/" + name);
    }
  }
  pruned.bytes = freed.bytes(open_pool(store).get());
}

}  // namespace

Pruned Store::prune(const PruneOptions& options) {
  Pruned pruned;
  if (!std::filesystem::exists(path_ + "/images")) return pruned;
  if (!options.dry_run) make_store(path_);
  {
    const UniqueFd held = lock_store(path_);
    choose(path_, options, pruned);
    count(path_, pruned);
    if (options.dry_run) return pruned;
    for (const std::string& name : pruned.images) remove_record(path_, name);
  }
  { const Staging cleaner(path_); }  // its constructor removes abandoned directories
  collect(path_);
  sweep_pool(path_);
  return pruned;
}

}  // namespace cloche::image
