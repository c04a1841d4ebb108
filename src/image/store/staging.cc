#include "image/store/staging.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <vector>

#include "cloche/error.h"
#include "image/store/lock.h"
#include "image/store/pool.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

UniqueFd open_directory(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + path, errno);
  return fd;
}

void make_directory_at(const std::string& path, unsigned mode) {
  if (::mkdir(path.c_str(), mode) == 0) {
    if (::chmod(path.c_str(), mode) < 0) throw Error::from_errno("chmod " + path, errno);
  } else if (errno != EEXIST) {
    throw Error::from_errno("make the directory " + path, errno);
  }
}

struct Stale {
  std::string name;
  UniqueFd lock;  // may be none: what has no lock file yet or any more
};

// What nobody holds, and now nobody can: its lock is ours. Under the store's lock, so that no
// directory is seen between being made and being locked.
std::vector<Stale> claim_stale(int directory) {
  std::vector<Stale> stale;
  TreeVisitor visitor;
  visitor.enter = [&](int parent, const std::string& name, const struct stat&) {
    if (name == ".") return true;
    UniqueFd lock(::openat(parent, (name + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
    if (!lock && errno != ENOENT && errno != ENOTDIR) return false;
    if (!lock || try_lock(lock.get(), LockKind::exclusive))
      stale.push_back({name, std::move(lock)});
    return false;
  };
  walk_tree(directory, ".", visitor);
  return stale;
}

// Removes a directory that holds its own lock file, that file last: until then nobody else takes
// the rest for abandoned.
void remove_locked(int parent, const std::string& name) {
  std::vector<std::string> children;
  TreeVisitor visitor;
  visitor.enter = [&](int, const std::string& child, const struct stat& status) {
    if (child == name) return S_ISDIR(status.st_mode);
    if (child != "lock") children.push_back(child);
    return false;
  };
  struct stat status {};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) return;
  walk_tree(parent, name, visitor);
  const UniqueFd fd(
      ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (fd)
    for (const std::string& child : children) remove_tree(fd.get(), child);
  remove_tree(parent, name);
}

}  // namespace

std::string random_name() {
  unsigned char bytes[8];
  if (::getentropy(bytes, sizeof bytes) < 0) throw Error::from_errno("get random bytes", errno);
  std::string name;
  for (const unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

void make_store(const std::string& store) {
  std::error_code failed;
  const bool made = std::filesystem::create_directories(store, failed);
  if (failed)
    throw Error::from_errno("make the image store " + store, failed.value(),
                            "$CLOCHE_STORE can name another place");
  // Whatever the umask: who may write here may rename what lies here.
  if (made && ::chmod(store.c_str(), 0755) < 0) throw Error::from_errno("chmod " + store, errno);
  const std::pair<const char*, unsigned> parts[] = {{"/blobs", 0755},  {"/blobs/sha256", 0755},
                                                    {"/rootfs", 0755}, {"/images", 0755},
                                                    {"/pool", 0700},   {"/tmp", 0700}};
  for (const auto& [part, mode] : parts) make_directory_at(store + part, mode);
}

Staging::Staging(const std::string& store, Leftovers leftovers)
    : store_(store), name_(random_name()) {
  make_store(store);
  path_ = store + "/tmp/" + name_;
  const UniqueFd parent = open_directory(store + "/tmp");
  std::vector<Stale> stale;
  {
    const UniqueFd held = lock_store(store);
    if (::mkdirat(parent.get(), name_.c_str(), 0700) < 0)
      throw Error::from_errno("make the directory " + path_, errno);
    fd_ = open_directory(path_);
    lock_.reset(::openat(fd_.get(), "lock", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!lock_ || !try_lock(lock_.get(), LockKind::exclusive)) {
      const int reason = errno;
      ::unlinkat(parent.get(), name_.c_str(), AT_REMOVEDIR);
      throw Error::from_errno("make the file " + path_ + "/lock", reason);
    }
    if (leftovers == Leftovers::remove) stale = claim_stale(parent.get());
  }
  for (const Stale& left : stale) {
    try {
      remove_locked(parent.get(), left.name);
    } catch (const Error&) {
      // What cannot be removed is no reason to do nothing else; `prune` tells.
    }
  }
  if (!stale.empty()) sweep_pool(store);
}

Staging::~Staging() {
  try {
    // What was unpacked and is not wanted has second names in the pool.
    const bool unpacked = ::faccessat(fd_.get(), "entry", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    const UniqueFd parent = open_directory(store_ + "/tmp");
    remove_locked(parent.get(), name_);
    if (unpacked) sweep_pool(store_);
  } catch (const std::exception&) {
    // The next one cleans it up.
  }
}

UniqueFd Staging::make_directory(const std::string& name, unsigned mode) {
  const std::string path = path_ + "/" + name;
  make_directory_at(path, mode);
  return open_directory(path);
}

std::vector<std::string> abandoned(const std::string& store) {
  std::vector<std::string> names;
  const UniqueFd parent = open_directory(store + "/tmp");
  for (const std::string& name : children_of(parent.get())) {
    const UniqueFd lock(
        ::openat(parent.get(), (name + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (lock ? !is_locked(lock.get()) : errno == ENOENT || errno == ENOTDIR) names.push_back(name);
  }
  return names;
}

bool discard_rootfs(const std::string& store, const std::string& name, UniqueFd& store_lock) {
  const std::string from = store + "/rootfs/" + name;
  UniqueFd lock(::open((from + "/lock").c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!lock && errno != ENOENT) throw Error::from_errno("open " + from + "/lock", errno);
  if (lock && !try_lock(lock.get(), LockKind::exclusive)) return false;
  const UniqueFd trash = open_directory(store + "/tmp");
  const std::string renamed = random_name();
  if (::renameat(AT_FDCWD, from.c_str(), trash.get(), renamed.c_str()) < 0) {
    if (errno == ENOENT) return true;
    throw Error::from_errno("remove " + from, errno);
  }
  store_lock.reset();
  remove_locked(trash.get(), renamed);
  return true;
}

}  // namespace cloche::image
