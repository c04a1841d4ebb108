#include "image/unpack/extract.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "image/marks.h"
#include "image/tree.h"
#include "image/unpack/entry.h"
#include "image/unpack/fingerprint.h"
#include "image/unpack/report.h"

namespace cloche::unpack {

namespace {

using image::open_within;

// Symbolic links of the image are followed as if the target directory were "/", as inside the
// image. So no path, link or ".." can lead out of it.
constexpr std::uint64_t kInside = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;

la_ssize_t read_blob(archive* handle, void* data, const void** bytes) {
  return static_cast<Guarded<Blob>*>(data)->next(handle, bytes);
}

ino_t inode_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) < 0) throw Failure::from_errno("stat a directory", errno);
  return status.st_ino;
}

[[noreturn]] void fail(const std::string& what, const std::string& path, int errnum) {
  throw Failure::from_errno(what + " " + shown(path), errnum);
}

}  // namespace

Extractor::Extractor(int target, const ExtractCaps& caps, TarKind kind, int list)
    : target_(target), caps_(caps), kind_(kind), list_(list) {}

void Extractor::extract(Blob& blob) {
  const ReadArchive owner(archive_read_new());
  archive* handle = owner.get();
  if (handle == nullptr) throw Failure("system", "start libarchive");
  archive_read_support_format_tar(handle);
  blob_ = &blob;
  Guarded<Blob> guarded{blob, {}};
  int status = archive_read_open(handle, &guarded, nullptr, read_blob, nullptr);
  while (status >= ARCHIVE_WARN) {
    archive_entry* entry = nullptr;
    status = archive_read_next_header(handle, &entry);
    if (status == ARCHIVE_EOF) return end();
    // "Retry" means that this block was no header, and that the next block may be one.
    if (status < ARCHIVE_WARN || status == ARCHIVE_RETRY) break;
    try {
      write_entry(handle, entry);
    } catch (const Failure& failure) {
      guarded.rethrow();
      if (failure.kind() == "image_corrupt") blob.finish();  // its error may explain this one
      throw;
    }
    if (image_seen_) blob.stop_copying();
    if (ended_) {
      guarded.rethrow();
      return end();
    }
  }
  guarded.rethrow();
  const char* reason = archive_error_string(handle);
  std::string text = "read the tar: " + shown(reason == nullptr ? "" : reason);
  if (counts_.entries == 0) text = blob.what_instead_of_a_tar();
  // A damaged blob is a better explanation than the errors that the damage causes in the tar.
  blob.finish();
  throw Failure::corrupt(text);
}

void Extractor::end() {
  set_directory_times();
  list_.flush();
}

std::vector<std::string> Extractor::parts_of(const std::string& path) const {
  if (path.size() > caps_.path)
    throw Failure::beyond("max-path", "the path is too long: " + shown(path));
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= path.size()) {
    std::size_t end = path.find('/', start);
    if (end == std::string::npos) end = path.size();
    const std::string part = path.substr(start, end - start);
    if (part == "..") throw Failure::corrupt("the path leads upwards: " + shown(path));
    if (!part.empty() && part != ".") parts.push_back(part);
    start = end + 1;
  }
  if (parts.size() > caps_.depth)
    throw Failure::beyond("max-depth", "the path is too deep: " + shown(path));
  return parts;
}

UniqueFd Extractor::open_parent(const std::vector<std::string>& parts, const std::string& path,
                                bool create) {
  std::string parent = ".";
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) parent += "/" + parts[i];
  UniqueFd fd = open_within(target_, parent, O_RDONLY | O_DIRECTORY, kInside);
  if (fd || errno != ENOENT || !create) return fd;
  // Make missing directories one by one: each may lie behind a symbolic link of the image.
  std::string way = ".";
  fd = open_within(target_, way, O_RDONLY | O_DIRECTORY, kInside);
  for (std::size_t i = 0; fd && i + 1 < parts.size(); ++i) {
    const bool made = ::mkdirat(fd.get(), parts[i].c_str(), 0700) == 0;
    if (!made && errno != EEXIST) fail("make the directory of", path, errno);
    if (made) {
      count_entry();  // count it, or one entry could make hundreds
      own_.add(inode_of(fd.get()), parts[i]);
    }
    way += "/" + parts[i];
    fd = open_within(target_, way, O_RDONLY | O_DIRECTORY, kInside);
    if (!made || !fd) continue;
    own_.add_directory(inode_of(fd.get()));
    if (::fchmod(fd.get(), 0755) < 0) fail("chmod the directory of", path, errno);
  }
  return fd;
}

Extractor::EntryPlace Extractor::place_of(const std::vector<std::string>& parts,
                                          const std::string& path, bool create) {
  if (parts.empty()) return {target_, inode_of(target_), {}};
  std::string parent;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) parent += parts[i] + "/";
  if (!parent_ || parent != parent_path_) {
    parent_.reset();
    UniqueFd fd = open_parent(parts, path, create);
    if (!fd) {
      if (!create && (errno == ENOENT || errno == ENOTDIR)) return {-1, 0, parts.back()};
      fail("open the directory of", path, errno == ENOENT ? ENOTDIR : errno);
    }
    parent_inode_ = inode_of(fd.get());
    parent_ = std::move(fd);
    parent_path_ = parent;
  }
  return {parent_.get(), parent_inode_, parts.back()};
}

void Extractor::clear(const EntryPlace& place) {
  if (::unlinkat(place.directory, place.name.c_str(), 0) == 0 || errno == ENOENT) return;
  image::remove_tree(place.directory, place.name);
}

mode_t Extractor::take_mode(archive_entry* entry) {
  if (has_set_ids(entry)) ++counts_.set_ids;
  return mode_of(entry);
}

bool Extractor::take_attributes(int fd, archive_entry* entry) {
  const AttributeCounts attributes = set_attributes(fd, entry);
  counts_.xattrs += attributes.dropped;
  return attributes.kept > 0;
}

void Extractor::whiteout(const EntryPlace& place) {
  ++counts_.whiteouts;
  // Docker's own bookkeeping (.wh..wh.plnk and such) removes nothing.
  const bool opaque = place.name == ".wh..wh..opq";
  if (!opaque && place.name.compare(0, 8, ".wh..wh.") == 0) return;
  if (place.directory < 0) return;
  if (opaque) return own_.empty(place.directory);
  const std::string name = place.name.substr(4);
  if (name.empty() || name == "." || name == "..")
    throw Failure::corrupt("a whiteout of '" + shown(name) + "'");
  own_.remove_lower(place.directory, name);
}

void Extractor::count_entry() {
  ++counts_.entries;
  if (caps_.entries != 0 && counts_.entries > caps_.entries)
    throw Failure::beyond("max-entries", "there are more entries");
}

void Extractor::write_entry(archive* handle, archive_entry* entry) {
  count_entry();
  const std::string path = path_of(entry);
  if (path.empty()) throw Failure::corrupt("an entry has no name, or one that is no text");
  const std::vector<std::string> parts = parts_of(path);
  if (kind_ == TarKind::archive && !parts.empty()) {
    if (image::marks_rootfs(parts.front()) && parts.size() > 1) {
      ::mkdirat(target_, parts.front().c_str(),
                0700);  // a tar need not have entries of directories
      return;
    }
    image_seen_ = image_seen_ || image::marks_image(parts.front());
  }
  const bool is_whiteout =
      kind_ == TarKind::layer && !parts.empty() && parts.back().compare(0, 4, ".wh.") == 0;
  const EntryPlace place = place_of(parts, path, !is_whiteout);
  if (is_whiteout) return whiteout(place);

  const char* linked = archive_entry_hardlink(entry);
  if (linked == nullptr) linked = archive_entry_hardlink_utf8(entry);
  if (place.name.empty() && (linked != nullptr || archive_entry_filetype(entry) != AE_IFDIR))
    throw Failure::corrupt("an entry that is no directory takes the place of the root");
  if (linked != nullptr) {
    make_hardlink(place, linked, path);
  } else {
    switch (archive_entry_filetype(entry)) {
      case AE_IFDIR:
        make_directory(place, entry, path);
        break;
      case AE_IFREG:
        make_file(place, handle, entry, path);
        break;
      case AE_IFLNK:
        make_symlink(place, entry, path);
        break;
      case AE_IFCHR:
      case AE_IFBLK:
      case AE_IFIFO:
      case AE_IFSOCK:
        // Devices are left out, but one that replaces a file still removes it.
        clear(place);
        ++counts_.devices;
        return;
      default:
        throw Failure::corrupt("an entry of unknown type: " + shown(path));
    }
  }
  if (!place.name.empty()) own_.add(place.inode, place.name);
}

void Extractor::make_directory(const EntryPlace& place, archive_entry* entry,
                               const std::string& path) {
  const mode_t mode = take_mode(entry);
  if (place.name.empty()) {
    // Everyone must be able to enter the root directory, whatever user a sandbox runs as.
    if (::fchmod(place.directory, 0755) < 0) fail("chmod", path, errno);
    return;
  }
  const char* name = place.name.c_str();
  bool made = ::mkdirat(place.directory, name, 0700) == 0;
  if (!made) {
    if (errno != EEXIST) fail("make the directory", path, errno);
    struct stat status {};
    if (::fstatat(place.directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
      fail("stat", path, errno);
    if (!S_ISDIR(status.st_mode)) {
      clear(place);
      made = ::mkdirat(place.directory, name, 0700) == 0;
      if (!made) fail("make the directory", path, errno);
    }
  }
  const UniqueFd fd(
      ::openat(place.directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) fail("open the directory", path, errno);
  if (made) own_.add_directory(inode_of(fd.get()));
  // The owner keeps all rights, so that the tree can be filled, read and removed.
  if (::fchmod(fd.get(), mode | 0700) < 0) fail("chmod", path, errno);
  take_attributes(fd.get(), entry);
  times_.push_back({path, modification_of(entry)});
}

void Extractor::make_file(const EntryPlace& place, archive* handle, archive_entry* entry,
                          const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::openat(place.directory, place.name.c_str(), kFlags, 0600));
  if (!fd && errno == EEXIST) {
    clear(place);
    fd.reset(::openat(place.directory, place.name.c_str(), kFlags, 0600));
  }
  if (!fd) fail("create", path, errno);

  const la_int64_t size = archive_entry_size(entry);
  counts_.bytes += size < 0 ? 0 : static_cast<std::uint64_t>(size);
  if (caps_.bytes != 0 && counts_.bytes > caps_.bytes)
    throw Failure::beyond("max-bytes", "the files are larger");
  const void* bytes = nullptr;
  std::size_t count = 0;
  la_int64_t offset = 0;
  la_int64_t end = 0;
  Fingerprint fingerprint;
  bool whole = true;  // without holes
  for (;;) {
    const int status = archive_read_data_block(handle, &bytes, &count, &offset);
    if (status == ARCHIVE_EOF) break;
    if (status == ARCHIVE_RETRY) continue;
    if (status < ARCHIVE_WARN && end == size && blob_->ended()) {
      // Some tools end a tar right after the last file, without filling its block. No data is
      // missing then, and the digests must still match.
      ended_ = true;
      break;
    }
    if (status < ARCHIVE_WARN) {
      const char* reason = archive_error_string(handle);
      throw Failure::corrupt("read " + shown(path) + ": " + shown(reason == nullptr ? "" : reason));
    }
    if (offset < 0 || offset > size || count > static_cast<std::size_t>(size - offset))
      throw Failure::corrupt("more data than announced for " + shown(path));
    const char* next = static_cast<const char*>(bytes);
    whole = whole && offset == end;
    fingerprint.add(bytes, count);
    while (count > 0) {
      const ssize_t written = ::pwrite(fd.get(), next, count, offset);
      if (written < 0) {
        if (errno == EINTR) continue;
        fail("write", path, errno);
      }
      next += written;
      offset += written;
      count -= static_cast<std::size_t>(written);
    }
    if (offset > end) end = offset;
  }
  // A sparse file may end in a hole.
  if (end < size && ::ftruncate(fd.get(), size) < 0) fail("extend", path, errno);
  const bool plain = !take_attributes(fd.get(), entry);
  const mode_t mode = take_mode(entry) | 0400;
  if (::fchmod(fd.get(), mode) < 0) fail("chmod", path, errno);
  const timespec time = modification_of(entry);
  const timespec times[2] = {time, time};
  if (::futimens(fd.get(), times) < 0) fail("set the time of", path, errno);
  if (plain && whole && size > 0 && end == size)
    list_.add(parent_path_ + place.name, fingerprint.name(mode, time));
}

void Extractor::make_symlink(const EntryPlace& place, archive_entry* entry,
                             const std::string& path) {
  const std::string target = symlink_of(entry);
  // The target is only a text here: it is followed inside the root file system.
  if (target.empty()) throw Failure::corrupt("a symbolic link without target: " + shown(path));
  const char* name = place.name.c_str();
  if (::symlinkat(target.c_str(), place.directory, name) < 0) {
    if (errno != EEXIST) fail("make the symbolic link", path, errno);
    clear(place);
    if (::symlinkat(target.c_str(), place.directory, name) < 0)
      fail("make the symbolic link", path, errno);
  }
  const timespec times[2] = {modification_of(entry), modification_of(entry)};
  ::utimensat(place.directory, name, times, AT_SYMLINK_NOFOLLOW);
}

void Extractor::make_hardlink(const EntryPlace& place, const std::string& target,
                              const std::string& path) {
  const std::vector<std::string> parts = parts_of(target);
  if (parts.empty()) throw Failure::corrupt("a hard link to the root: " + shown(path));
  if (kind_ == TarKind::archive && image::marks_rootfs(parts.front()))
    return;  // its target was not written either
  const UniqueFd directory = open_parent(parts, target, false);
  struct stat status {};
  if (!directory ||
      ::fstatat(directory.get(), parts.back().c_str(), &status, AT_SYMLINK_NOFOLLOW) < 0)
    throw Failure::corrupt("the hard link " + shown(path) + " is to " + shown(target) +
                           ", which is not in the image");
  if (S_ISDIR(status.st_mode)) throw Failure::corrupt("a hard link to a directory: " + shown(path));
  struct stat own {};
  if (::fstatat(place.directory, place.name.c_str(), &own, AT_SYMLINK_NOFOLLOW) == 0) {
    if (own.st_ino == status.st_ino && own.st_dev == status.st_dev) return;
    clear(place);
  }
  // Without AT_SYMLINK_FOLLOW a symbolic link is linked itself, never what it points to.
  if (::linkat(directory.get(), parts.back().c_str(), place.directory, place.name.c_str(), 0) < 0) {
    // The target may have been inside the entry that was replaced.
    if (errno == ENOENT) throw Failure::corrupt("a hard link into itself: " + shown(path));
    if (errno == EMLINK)
      throw Failure::corrupt("link " + shown(path) +
                             ": more names of one file than the file system allows");
    fail("link", path, errno);
  }
  list_.add(parent_path_ + place.name, {});
}

void Extractor::set_directory_times() {
  // Set times last: every new entry in a directory changes the directory's time.
  for (auto time = times_.rbegin(); time != times_.rend(); ++time) {
    const UniqueFd fd =
        open_within(target_, time->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, kInside);
    const timespec times[2] = {time->time, time->time};
    if (fd) static_cast<void>(::futimens(fd.get(), times));
  }
}

}  // namespace cloche::unpack
