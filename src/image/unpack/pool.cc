#include "image/unpack/pool.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "image/tree.h"
#include "image/unpack/file_list.h"
#include "image/unpack/fingerprint.h"
#include "image/unpack/report.h"
#include "util/fd.h"
#include "util/random.h"

namespace cloche::unpack {

namespace {

// File systems allow 65,000 names of a file and more, but one allows only 1023. A file with nearly
// so many names is replaced in the pool by the next equal file.
constexpr nlink_t kMostNames = 1000;
constexpr mode_t kModes = S_IFREG | 0755;
constexpr std::uint64_t kBeneath = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;

bool same_bytes(int one, int other, std::uint64_t size) {
  static std::array<char, 64 * 1024> left, right;
  std::uint64_t at = 0;
  while (at < size) {
    const auto place = static_cast<off_t>(at);
    const ssize_t count = ::pread(one, left.data(), left.size(), place);
    if (count <= 0) return false;
    const auto wanted = static_cast<std::size_t>(count);
    if (::pread(other, right.data(), wanted, place) != count ||
        std::memcmp(left.data(), right.data(), wanted) != 0)
      return false;
    at += wanted;
  }
  return true;
}

// Whether the file has no attributes except those that the host gives every file.
bool is_plain(int file) {
  char names[1024];
  const ssize_t size = ::flistxattr(file, names, sizeof names);
  if (size < 0) return errno == ENOTSUP;
  for (ssize_t at = 0; at < size;) {
    const std::string_view name = names + at;
    at += static_cast<ssize_t>(name.size()) + 1;
    if (!name.starts_with("security.") || name == "security.capability") return false;
  }
  return true;
}

bool alike(const struct stat& one, const struct stat& other) {
  return S_ISREG(other.st_mode) && one.st_dev == other.st_dev && one.st_size == other.st_size &&
         one.st_mode == other.st_mode && one.st_uid == other.st_uid &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

// A directory of the image. Its time of modification stays unchanged.
class Directory {
 public:
  // The directory may turn out to be missing.
  Directory(int root, const std::string& path)
      : fd_(image::open_within(root, path.empty() ? "." : path, O_RDONLY | O_DIRECTORY, kBeneath)) {
    struct stat status {};
    if (fd_ && ::fstat(fd_.get(), &status) < 0) fd_.reset();
    modified_ = status.st_mtim;
  }
  ~Directory() {
    if (!changed_) return;
    const timespec times[2] = {{0, UTIME_OMIT}, modified_};
    static_cast<void>(::futimens(fd_.get(), times));
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  explicit operator bool() const { return static_cast<bool>(fd_); }
  int fd() const { return fd_.get(); }
  void will_change() { changed_ = true; }

 private:
  UniqueFd fd_;
  timespec modified_{};
  bool changed_ = false;
};

struct Split {
  std::string directory;
  std::string name;
};

Split split(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, std::string(path)};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

class Sharing {
 public:
  Sharing(int root, int pool) : root_(root), pool_(pool) {}

  void take(std::string_view path, std::string_view fingerprint) {
    if (path.empty() || path.size() > 4096 || fingerprint.size() > 128) return;
    Split parts = split(path);
    if (parts.name.empty() || parts.name == "." || parts.name == "..") return;
    // Records mostly come directory by directory, so the last directory stays open.
    if (!directory_ || parts.directory != directory_path_) {
      directory_ = std::make_unique<Directory>(root_, parts.directory);
      directory_path_ = std::move(parts.directory);
    }
    if (!*directory_) return;
    if (fingerprint.empty()) {
      remember_link(path, parts.name);
    } else {
      share(path, parts.name, std::string(fingerprint));
    }
  }

 private:
  using Names = std::set<std::string_view>;

  void remember_link(std::string_view path, const std::string& name) {
    struct stat status {};
    if (::fstatat(directory_->fd(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISREG(status.st_mode) && status.st_nlink > 1)
      names_[status.st_ino].insert(path);
  }

  void share(std::string_view path, const std::string& name, const std::string& fingerprint) {
    const UniqueFd file(::openat(directory_->fd(), name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) < 0 || !S_ISREG(status.st_mode) ||
        (status.st_mode & ~kModes) != 0 || status.st_size <= 0 || status.st_nlink >= kMostNames ||
        done_.count(status.st_ino) != 0 || !may_be_named(status, fingerprint) ||
        !is_plain(file.get()))
      return;
    Names names;
    if (status.st_nlink > 1) names = std::move(names_[status.st_ino]);
    names.insert(path);
    // A file with names that are not in the list would become two files.
    if (names.size() != status.st_nlink) return;
    if (add(name, fingerprint)) {
      done_.insert(status.st_ino);
      return;
    }
    const UniqueFd other(::openat(pool_, fingerprint.c_str(),
                                  O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    struct stat theirs {};
    if (!other || ::fstat(other.get(), &theirs) < 0 || !alike(status, theirs) ||
        !is_plain(other.get()) ||
        !same_bytes(file.get(), other.get(), static_cast<std::uint64_t>(status.st_size)))
      return;
    if (theirs.st_nlink + names.size() > kMostNames) {
      if (succeed(name, fingerprint)) done_.insert(status.st_ino);
    } else if (become(name, fingerprint, theirs.st_ino)) {
      done_.insert(theirs.st_ino);
      names.erase(path);
      for (const std::string_view more : names) link_anew(name, more);
    }
  }

  // Gives the file a name in the pool. False if the pool has a file of this fingerprint.
  bool add(const std::string& name, const std::string& fingerprint) {
    for (int tries = 0; tries < 2; ++tries) {
      if (::linkat(directory_->fd(), name.c_str(), pool_, fingerprint.c_str(), 0) == 0) return true;
      if (errno != ENOENT) return errno != EEXIST;
      ::mkdirat(pool_, fingerprint.substr(0, 2).c_str(), 0755);
    }
    return true;
  }

  // The file replaces the equal file in the pool.
  bool succeed(const std::string& name, const std::string& fingerprint) {
    if (::linkat(directory_->fd(), name.c_str(), pool_, passing_.c_str(), 0) < 0) return false;
    if (::renameat(pool_, passing_.c_str(), pool_, fingerprint.c_str()) == 0) return true;
    ::unlinkat(pool_, passing_.c_str(), 0);
    return false;
  }

  // Replaces the name by a name of the pool's file. This goes through a temporary name and a
  // rename, so that the name never is missing.
  bool become(const std::string& name, const std::string& fingerprint, ino_t inode) {
    if (::linkat(pool_, fingerprint.c_str(), pool_, passing_.c_str(), 0) < 0) return false;
    struct stat linked {};
    directory_->will_change();
    if (::fstatat(pool_, passing_.c_str(), &linked, AT_SYMLINK_NOFOLLOW) == 0 &&
        linked.st_ino == inode &&
        ::renameat(pool_, passing_.c_str(), directory_->fd(), name.c_str()) == 0)
      return true;
    ::unlinkat(pool_, passing_.c_str(), 0);
    return false;
  }

  // Renews another name of the file, so that it becomes a name of the pool's file, too.
  void link_anew(const std::string& name, std::string_view path) {
    const Split parts = split(path);
    std::unique_ptr<Directory> opened;
    if (parts.directory != directory_path_)
      opened = std::make_unique<Directory>(root_, parts.directory);
    Directory& target = opened ? *opened : *directory_;
    target.will_change();
    if (!target || ::unlinkat(target.fd(), parts.name.c_str(), 0) < 0 ||
        ::linkat(directory_->fd(), name.c_str(), target.fd(), parts.name.c_str(), 0) < 0)
      throw Failure::from_errno("link " + shown(std::string(path)), errno);
  }

  const int root_;
  const int pool_;
  // Random, because processes that use a pool may have the same process id, each in its own
  // namespace. sweep_pool() recognizes the name by its beginning.
  const std::string passing_ = "passing." + random_name(16);
  std::unique_ptr<Directory> directory_;  // of the last record
  std::string directory_path_;
  std::unordered_map<ino_t, Names> names_;  // hard links
  std::unordered_set<ino_t> done_;          // files that are in the pool
};

}  // namespace

void share_files(int list, int root, int pool) {
  Sharing sharing(root, pool);
  read_file_list(list, [&sharing](std::string_view path, std::string_view fingerprint) {
    sharing.take(path, fingerprint);
  });
}

}  // namespace cloche::unpack
