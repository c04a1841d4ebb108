#include "image/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <utility>
#include <vector>

#include "cloche/error.h"

namespace cloche::image {

namespace {

constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;

UniqueFd open_directory(int parent, const std::string& name, bool open_up) {
  UniqueFd fd(::openat(parent, name.c_str(), kDirectoryFlags));
  if (!fd && errno == EACCES && open_up) {
    // fchmodat follows symbolic links, but the caller has just seen that this is a directory, and
    // nobody else writes into the trees of a store.
    if (::fchmodat(parent, name.c_str(), 0700, 0) == 0)
      fd.reset(::openat(parent, name.c_str(), kDirectoryFlags));
  }
  // A directory that vanished is no error: two processes may clean up the same tree.
  if (!fd && errno == ENOENT) return fd;
  if (!fd) throw Error::from_errno("open the directory " + name, errno);
  if (open_up && ::faccessat(fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) < 0)
    static_cast<void>(::fchmod(fd.get(), 0700));
  return fd;
}

std::vector<std::string> names_in(int directory, const std::string& shown) {
  // fdopendir takes ownership of its descriptor, so it gets a copy.
  const int copy = ::openat(directory, ".", kDirectoryFlags);
  DIR* stream = copy < 0 ? nullptr : ::fdopendir(copy);
  if (stream == nullptr) {
    const int failed = errno;
    if (copy >= 0) ::close(copy);
    throw Error::from_errno("read the directory " + shown, failed);
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  const int failed = errno;
  ::closedir(stream);
  if (failed != 0) throw Error::from_errno("read the directory " + shown, failed);
  return names;
}

// One directory on the way down. Only the deepest directory is open. The way up is "..", checked by
// inode, so the depth of a tree is not limited by the number of descriptors.
struct Level {
  std::string name;
  dev_t device = 0;
  ino_t inode = 0;
  std::vector<std::string> left;
};

Level level_of(int fd, std::string name) {
  struct stat status {};
  if (::fstat(fd, &status) < 0) throw Error::from_errno("stat " + name, errno);
  Level level;
  level.left = names_in(fd, name);
  std::sort(level.left.rbegin(), level.left.rend());  // they are taken from the back
  level.name = std::move(name);
  level.device = status.st_dev;
  level.inode = status.st_ino;
  return level;
}

UniqueFd climb(int from, const Level& to) {
  UniqueFd fd(::openat(from, "..", kDirectoryFlags));
  if (!fd) throw Error::from_errno("open the parent directory of a tree", errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) < 0) throw Error::from_errno("stat a directory", errno);
  if (status.st_dev != to.device || status.st_ino != to.inode)
    throw Error(ErrorKind::busy, "walk the directory " + to.name, 0, "it was moved meanwhile");
  return fd;
}

}  // namespace

std::vector<std::string> children_of(int directory) {
  std::vector<std::string> names = names_in(directory, "to be looked through");
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> children_of(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + path, errno);
  return children_of(fd.get());
}

void walk_tree(int directory, const std::string& name, const TreeVisitor& visitor) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
    throw Error::from_errno("stat " + name, errno);
  if (!visitor.enter(directory, name, status) || !S_ISDIR(status.st_mode)) return;

  UniqueFd open = open_directory(directory, name, visitor.open_up);
  if (!open) return;
  std::vector<Level> way;
  way.push_back(level_of(open.get(), name));
  while (!way.empty()) {
    Level& level = way.back();
    if (!level.left.empty()) {
      const std::string child = std::move(level.left.back());
      level.left.pop_back();
      if (::fstatat(open.get(), child.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
        if (errno == ENOENT) continue;
        throw Error::from_errno("stat " + child, errno);
      }
      if (!visitor.enter(open.get(), child, status) || !S_ISDIR(status.st_mode)) continue;
      UniqueFd below = open_directory(open.get(), child, visitor.open_up);
      if (!below) continue;
      open = std::move(below);
      way.push_back(level_of(open.get(), child));
      continue;
    }
    const std::string done = level.name;
    way.pop_back();
    if (way.empty()) {
      if (visitor.leave) visitor.leave(directory, done);
    } else {
      open = climb(open.get(), way.back());
      if (visitor.leave) visitor.leave(open.get(), done);
    }
  }
}

UniqueFd make_directory(int directory, const std::string& name, unsigned mode) {
  if (::mkdirat(directory, name.c_str(), mode) == 0) {
    if (::fchmodat(directory, name.c_str(), mode, 0) < 0)
      throw Error::from_errno("chmod " + name, errno);
  } else if (errno != EEXIST) {
    throw Error::from_errno("make the directory " + name, errno);
  }
  UniqueFd fd(::openat(directory, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw Error::from_errno("open " + name, errno);
  return fd;
}

void remove_tree(int directory, const std::string& name) {
  struct stat status {};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return;
    throw Error::from_errno("stat " + name, errno);
  }
  TreeVisitor visitor;
  visitor.open_up = true;
  visitor.enter = [](int parent, const std::string& entry, const struct stat& found) {
    if (S_ISDIR(found.st_mode)) return true;
    if (::unlinkat(parent, entry.c_str(), 0) < 0 && errno != ENOENT)
      throw Error::from_errno("remove " + entry, errno);
    return false;
  };
  visitor.leave = [](int parent, const std::string& entry) {
    if (::unlinkat(parent, entry.c_str(), AT_REMOVEDIR) < 0 && errno != ENOENT)
      throw Error::from_errno("remove the directory " + entry, errno);
  };
  walk_tree(directory, name, visitor);
}

std::uint64_t tree_bytes(int directory, const std::string& name) {
  std::uint64_t bytes = 0;
  std::set<ino_t> seen;
  TreeVisitor visitor;
  visitor.enter = [&](int, const std::string&, const struct stat& found) {
    if (S_ISREG(found.st_mode) && (found.st_nlink == 1 || seen.insert(found.st_ino).second))
      bytes += static_cast<std::uint64_t>(found.st_size);
    return true;
  };
  walk_tree(directory, name, visitor);
  return bytes;
}

UniqueFd open_within(int directory, const std::string& path, int flags, std::uint64_t resolve) {
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = resolve;
  for (int tries = 0;; ++tries) {
    const long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
    // EAGAIN: a file was renamed somewhere on the host meanwhile, and the kernel cannot exclude
    // that this path was affected.
    if (fd >= 0 || errno != EAGAIN || tries == 128) return UniqueFd(static_cast<int>(fd));
  }
}

}  // namespace cloche::image
