#include "image/store/discard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>

#include "cloche/error.h"
#include "image/store/lock.h"
#include "image/store/pool.h"
#include "image/tree.h"
#include "util/random.h"

namespace cloche::image {

namespace {

UniqueFd open_tmp(const std::string& store) {
  const std::string path = store + "/tmp";
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + path, errno);
  return fd;
}

// Removes everything in a directory except its lock file.
void empty_directory(int parent, const std::string& name) {
  const UniqueFd fd(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  // A record that was being written is a file, not a directory.
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return;
  if (!fd) throw Error::from_errno("open the directory " + name, errno);
  for (const std::string& child : children_of(fd.get()))
    if (child != "lock") remove_tree(fd.get(), child);
}

}  // namespace

std::vector<Discarded> claim_abandoned(int directory) {
  std::vector<Discarded> claimed;
  for (const std::string& name : children_of(directory)) {
    if (claimed.size() == kMostDiscarded) break;
    UniqueFd lock(::openat(directory, (name + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!lock && errno != ENOENT && errno != ENOTDIR) continue;
    if (!lock || try_lock(lock.get(), LockKind::exclusive))
      claimed.push_back({name, std::move(lock)});
  }
  return claimed;
}

std::vector<std::string> abandoned(const std::string& store) {
  std::vector<std::string> names;
  const UniqueFd parent = open_tmp(store);
  for (const std::string& name : children_of(parent.get())) {
    const UniqueFd lock(
        ::openat(parent.get(), (name + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (lock ? !is_locked(lock.get()) : errno == ENOENT || errno == ENOTDIR) names.push_back(name);
  }
  return names;
}

void discard_rootfs(const std::string& store, const std::string& name,
                    std::vector<Discarded>& discarded) {
  const std::string from = store + "/rootfs/" + name;
  UniqueFd lock(::open((from + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock && errno != ENOENT) throw Error::from_errno("open " + from + "/lock", errno);
  if (lock && !try_lock(lock.get(), LockKind::exclusive)) return;
  const UniqueFd tmp = open_tmp(store);
  const std::string renamed = random_name();
  if (::renameat(AT_FDCWD, from.c_str(), tmp.get(), renamed.c_str()) < 0) {
    if (errno == ENOENT) return;
    throw Error::from_errno("remove " + from, errno);
  }
  discarded.push_back({renamed, std::move(lock)});
}

void remove_discarded(const std::string& store, std::vector<Discarded> discarded) {
  if (discarded.empty()) return;
  const UniqueFd tmp = open_tmp(store);
  std::exception_ptr first;
  std::vector<const Discarded*> emptied;
  for (const Discarded& each : discarded) {
    try {
      empty_directory(tmp.get(), each.name);
      emptied.push_back(&each);
    } catch (const Error&) {
      if (!first) first = std::current_exception();
    }
  }
  if (std::any_of(discarded.begin(), discarded.end(),
                  [](const Discarded& each) { return each.shares; }))
    sweep_pool(store);
  for (const Discarded* each : emptied) remove_tree(tmp.get(), each->name);
  if (first) std::rethrow_exception(first);
}

}  // namespace cloche::image
