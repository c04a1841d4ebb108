#include "image/unpack/own.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "cloche/error.h"
#include "image/tree.h"

namespace cloche::unpack {

namespace {

ino_t inode_number(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) < 0) throw Error::from_errno("stat a directory", errno);
  return status.st_ino;
}

// False if the directory is not empty.
bool remove_directory(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
  if (errno == ENOTEMPTY || errno == EEXIST) return false;
  throw Error::from_errno("remove the directory " + name, errno);
}

}  // namespace

bool OwnEntries::has(int directory, const std::string& name) const {
  return entries_.count({inode_number(directory), name}) != 0;
}

void OwnEntries::remove_lower(int directory, const std::string& name) {
  struct stat found {};
  if (::fstatat(directory, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) < 0) {
    if (errno == ENOENT) return;
    throw Error::from_errno("stat " + name, errno);
  }
  image::TreeVisitor visitor;
  visitor.open_up = true;
  visitor.enter = [this](int parent, const std::string& entry, const struct stat& status) {
    if (S_ISDIR(status.st_mode) && whole_.count(status.st_ino) == 0) return true;
    if (has(parent, entry)) return false;
    if (S_ISDIR(status.st_mode)) {
      remove_directory(parent, entry);
    } else if (::unlinkat(parent, entry.c_str(), 0) < 0 && errno != ENOENT) {
      throw Error::from_errno("remove " + entry, errno);
    }
    return false;
  };
  visitor.leave = [this](int parent, const std::string& entry) {
    if (!has(parent, entry) && remove_directory(parent, entry)) return;
    struct stat status {};
    if (::fstatat(parent, entry.c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
      throw Error::from_errno("stat " + entry, errno);
    whole_.insert(status.st_ino);
  };
  image::walk_tree(directory, name, visitor);
}

void OwnEntries::empty(int directory) {
  if (!whole_.insert(inode_number(directory)).second) return;
  std::vector<std::string> names;
  image::TreeVisitor visitor;
  visitor.enter = [&names](int, const std::string& name, const struct stat&) {
    if (name == ".") return true;
    names.push_back(name);
    return false;
  };
  image::walk_tree(directory, ".", visitor);
  for (const std::string& name : names) remove_lower(directory, name);
}

}  // namespace cloche::unpack
