#include "image/store/compare.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <utility>

#include "cloche/error.h"
#include "image/tree.h"

namespace cloche::image {

namespace {

std::string type_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "a file";
    case S_IFDIR:
      return "a directory";
    case S_IFLNK:
      return "a symbolic link";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    default:
      return "a device";
  }
}

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & 07777));
  return text.data();
}

std::string link_target(int directory, const std::string& name) {
  std::array<char, 4096> text{};
  const ssize_t size = ::readlinkat(directory, name.c_str(), text.data(), text.size());
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

UniqueFd open_file(int directory, const std::string& name, int flags = 0) {
  return UniqueFd(::openat(directory, name.c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags));
}

bool same_content(int one, int other) {
  thread_local std::array<char, 256 * 1024> left, right;
  for (;;) {
    const ssize_t count = ::read(one, left.data(), left.size());
    if (count < 0) throw Error::from_errno("read a file of the image store", errno);
    for (ssize_t at = 0; at < count;) {
      const ssize_t part = ::read(other, right.data() + at, static_cast<std::size_t>(count - at));
      if (part < 0) throw Error::from_errno("read a file of the image store", errno);
      if (part == 0) return false;
      at += part;
    }
    if (count == 0) return ::read(other, right.data(), 1) == 0;
    if (std::memcmp(left.data(), right.data(), static_cast<std::size_t>(count)) != 0) return false;
  }
}

std::map<std::string, std::string> attributes(int fd) {
  std::map<std::string, std::string> found;
  std::vector<char> names(65536), value(65536);
  const ssize_t size = ::flistxattr(fd, names.data(), names.size());
  for (ssize_t at = 0; at < size;) {
    const std::string name = names.data() + at;
    at += static_cast<ssize_t>(name.size()) + 1;
    // Other attributes, such as a security label, come from the host. But those that give rights
    // count.
    if (name.compare(0, 5, "user.") != 0 && name != "security.capability") continue;
    const ssize_t count = ::fgetxattr(fd, name.c_str(), value.data(), value.size());
    if (count >= 0) found[name] = std::string(value.data(), static_cast<std::size_t>(count));
  }
  return found;
}

class Comparison {
 public:
  Comparison(int expected, int found, uid_t owner)
      : expected_(expected), found_(found), owner_(owner) {}

  std::vector<Difference> run() {
    walk(expected_, [this](int directory, const std::string& name, const struct stat& status) {
      return compare(directory, name, status);
    });
    // Entries that only the found tree has.
    walk(found_, [this](int, const std::string& name, const struct stat& status) {
      if (there(expected_, name)) return S_ISDIR(status.st_mode);
      add(name, "is not in the image: " + type_of(status.st_mode));
      return false;
    });
    return std::move(differences_);
  }

 private:
  using Visit = std::function<bool(int, const std::string&, const struct stat&)>;

  // Visits each entry except the top by its path. at_ holds its directory and its name there.
  void walk(int top, const Visit& visit) {
    std::string prefix;
    TreeVisitor visitor;
    visitor.enter = [&](int directory, const std::string& name, const struct stat& status) {
      if (name == ".") return visit(directory, "/", status);
      if (!visit(directory, prefix + "/" + name, status)) return false;
      prefix += "/" + name;
      return true;
    };
    visitor.leave = [&](int, const std::string& name) {
      if (name != ".") prefix.resize(prefix.size() - name.size() - 1);
    };
    walk_tree(top, ".", visitor);
  }

  void add(const std::string& path, const std::string& what) {
    differences_.push_back({path, what});
  }

  // The last part of a path, and its directory in the other tree, reached without following a link.
  static UniqueFd parent_in(int top, const std::string& path, std::string& name) {
    const std::size_t slash = path.rfind('/');
    name = path.substr(slash + 1);
    if (name.empty()) name = ".";
    const std::string parent = "." + path.substr(0, slash);
    return open_within(top, parent, O_RDONLY | O_DIRECTORY,
                       RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
  }

  static bool there(int top, const std::string& path) {
    std::string name;
    const UniqueFd parent = parent_in(top, path, name);
    struct stat status {};
    return parent && ::fstatat(parent.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }

  // True if both entries are directories, whose content must then be compared, too.
  bool compare(int directory, const std::string& path, const struct stat& wanted) {
    std::string name;
    const UniqueFd parent = parent_in(found_, path, name);
    struct stat own {};
    if (!parent || ::fstatat(parent.get(), name.c_str(), &own, AT_SYMLINK_NOFOLLOW) < 0) {
      add(path, "is missing: " + type_of(wanted.st_mode));
      return false;
    }
    if ((own.st_mode & S_IFMT) != (wanted.st_mode & S_IFMT)) {
      add(path, "is " + type_of(own.st_mode) + ", and was " + type_of(wanted.st_mode));
      return false;
    }
    if (!S_ISLNK(own.st_mode) && own.st_mode != wanted.st_mode)
      add(path, "its mode is " + octal(own.st_mode) + ", and was " + octal(wanted.st_mode));
    if (own.st_uid != owner_)
      add(path, "it belongs to the user " + std::to_string(own.st_uid) + ", and not to " +
                    std::to_string(owner_));
    if (S_ISLNK(own.st_mode) && link_target(parent.get(), name) != link_target(directory, name))
      add(path, "the link leads elsewhere");
    if (!S_ISDIR(own.st_mode)) compare_names(path, wanted, own);
    if (S_ISREG(own.st_mode) && (own.st_mtim.tv_sec != wanted.st_mtim.tv_sec ||
                                 own.st_mtim.tv_nsec != wanted.st_mtim.tv_nsec))
      add(path, "its time of modification is another");
    if (S_ISLNK(own.st_mode)) return false;
    compare_inside(directory, parent.get(), name, path, wanted);
    return S_ISDIR(own.st_mode);
  }

  // Names of one file must still be names of one file. (The store may make equal files one file, so
  // the reverse is not checked.)
  void compare_names(const std::string& path, const struct stat& wanted, const struct stat& own) {
    if (wanted.st_nlink == 1) return;
    const auto [first, is_new] = first_names_.emplace(wanted.st_ino, FirstName{path, own.st_ino});
    if (!is_new && first->second.inode != own.st_ino)
      add(path, "it is no longer the same file as " + first->second.path);
  }

  void compare_inside(int directory, int other, const std::string& name, const std::string& path,
                      const struct stat& wanted) {
    const int flags = S_ISDIR(wanted.st_mode) ? O_DIRECTORY : 0;
    const UniqueFd expected = open_file(directory, name, flags);
    const UniqueFd found = open_file(other, name, flags);
    if (!expected) throw Error::from_errno("open the copy of " + path, errno);
    if (!found && errno == EACCES && owner_ != ::geteuid())
      throw Error(ErrorKind::denied, "compare " + path, errno,
                  "only the owner of a store can read all of it");
    if (!found) return add(path, std::string("it cannot be read: ") + std::strerror(errno));
    if (attributes(expected.get()) != attributes(found.get()))
      add(path, "its extended attributes are others");
    if (!S_ISREG(wanted.st_mode)) return;
    struct stat status {};
    if (::fstat(found.get(), &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_size != wanted.st_size) {
      add(path, "its size is " + std::to_string(status.st_size) + ", and was " +
                    std::to_string(wanted.st_size));
    } else if (!same_content(expected.get(), found.get())) {
      add(path, "its content is another");
    }
  }

  const int expected_;
  const int found_;
  const uid_t owner_;
  struct FirstName {
    std::string path;
    ino_t inode;  // in the tree that was found
  };
  std::map<ino_t, FirstName> first_names_;  // by inode in the tree that is expected
  std::vector<Difference> differences_;
};

}  // namespace

std::vector<Difference> compare_trees(int expected, int found, uid_t owner) {
  return Comparison(expected, found, owner).run();
}

}  // namespace cloche::image
