#include "image/unpack/pack_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "image/tree.h"
#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

constexpr std::uint64_t kPackProgressStep = 2 * 1024 * 1024;

struct FreeWriter {
  void operator()(archive* handle) const { archive_write_free(handle); }
};
struct FreeEntry {
  void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};
using Entry = std::unique_ptr<archive_entry, FreeEntry>;

class TreePacker {
 public:
  TreePacker(int target, const ExtractCaps& caps)
      : caps_(caps), target_(target), tar_(archive_write_new()) {
    if (!tar_) throw Failure("system", "start libarchive");
    archive_write_set_format_pax_restricted(tar_.get());
    archive_write_set_options(tar_.get(), "hdrcharset=BINARY");
    archive_write_set_bytes_per_block(tar_.get(), 0);
    check(archive_write_open2(tar_.get(), this, nullptr, write, nullptr, nullptr));
  }

  void pack(int source) {
    struct stat top {};
    if (::fstat(source, &top) < 0) throw Failure::from_errno("stat the directory", errno);
    image::TreeVisitor visitor;
    visitor.enter = [&](int directory, const std::string& name, const struct stat& status) {
      const std::string path = name == "." ? name : prefix_ + name;
      if (name != ".") add(directory, name, path, status);
      // Leaves out the content of mounts, and keeps the directories they are mounted on.
      if (!S_ISDIR(status.st_mode) || status.st_dev != top.st_dev) return false;
      if (name != ".") prefix_ = path + "/";
      return true;
    };
    visitor.leave = [this](int, const std::string& name) {
      if (name != ".") prefix_.resize(prefix_.size() - name.size() - 1);
    };
    image::walk_tree(source, ".", visitor);
    check(archive_write_close(tar_.get()));
  }

 private:
  static la_ssize_t write(archive* handle, void* data, const void* bytes, std::size_t count) {
    auto* self = static_cast<TreePacker*>(data);
    try {
      write_all(self->target_, {static_cast<const char*>(bytes), count}, "the layer");
    } catch (...) {
      // No exception may pass through libarchive.
      self->failure_ = std::current_exception();
      archive_set_error(handle, EIO, "writing failed");
      return -1;
    }
    return static_cast<la_ssize_t>(count);
  }

  void check(int status) {
    if (failure_) std::rethrow_exception(failure_);
    if (status >= ARCHIVE_WARN) return;
    const char* reason = archive_error_string(tar_.get());
    throw Failure("system", "write the layer: " + shown(reason == nullptr ? "" : reason));
  }

  void add(int directory, const std::string& name, const std::string& path,
           const struct stat& status) {
    if (caps_.entries != 0 && ++entries_ > caps_.entries)
      throw Failure::beyond("max-entries", "there are more entries");
    if (path.size() > caps_.path)
      throw Failure::beyond("max-path", "the path is too long: " + shown(path));
    if (name.compare(0, 4, ".wh.") == 0)
      throw Failure::corrupt("names that begin with .wh. mean removal in a layer: " + shown(path));
    if (S_ISSOCK(status.st_mode)) return;
    const Entry entry(archive_entry_new());
    archive_entry_copy_pathname(entry.get(), path.c_str());
    archive_entry_set_mode(entry.get(), status.st_mode);
    archive_entry_set_mtime(entry.get(), status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    if (S_ISLNK(status.st_mode)) {
      archive_entry_copy_symlink(entry.get(), target_of(directory, name, path).c_str());
    } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
      archive_entry_set_rdevmajor(entry.get(), major(status.st_rdev));
      archive_entry_set_rdevminor(entry.get(), minor(status.st_rdev));
    }
    if (!S_ISDIR(status.st_mode) && status.st_nlink > 1) {
      const auto [known, is_new] = linked_.emplace(status.st_ino, path);
      if (!is_new) {
        archive_entry_copy_hardlink(entry.get(), known->second.c_str());
        return check(archive_write_header(tar_.get(), entry.get()));
      }
    }
    if (S_ISREG(status.st_mode)) return add_file(directory, name, path, status, entry.get());
    if (S_ISDIR(status.st_mode)) {
      const UniqueFd fd(::openat(directory, name.c_str(),
                                 O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
      if (!fd) throw Failure::from_errno("open the directory " + shown(path), errno);
      add_attributes(fd.get(), entry.get());
    }
    check(archive_write_header(tar_.get(), entry.get()));
  }

  static std::string target_of(int directory, const std::string& name, const std::string& path) {
    char target[4096];
    const ssize_t size = ::readlinkat(directory, name.c_str(), target, sizeof target);
    if (size < 0) throw Failure::from_errno("read the link " + shown(path), errno);
    return std::string(target, static_cast<std::size_t>(size));
  }

  static void add_attributes(int fd, archive_entry* entry) {
    char names[65536];
    const ssize_t size = ::flistxattr(fd, names, sizeof names);
    for (ssize_t at = 0; at < size;) {
      const char* name = names + at;
      at += static_cast<ssize_t>(std::strlen(name)) + 1;
      if (std::strncmp(name, "user.", 5) != 0) continue;
      std::vector<char> value(65536);
      const ssize_t count = ::fgetxattr(fd, name, value.data(), value.size());
      if (count >= 0)
        archive_entry_xattr_add_entry(entry, name, value.data(), static_cast<std::size_t>(count));
    }
  }

  void add_file(int directory, const std::string& name, const std::string& path,
                const struct stat& seen, archive_entry* entry) {
    // The entry was no FIFO a moment ago. Whether it is one now is checked before it is read.
    const UniqueFd fd(
        ::openat(directory, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd) throw Failure::from_errno("open " + shown(path), errno);
    struct stat status {};
    if (::fstat(fd.get(), &status) < 0) throw Failure::from_errno("stat " + shown(path), errno);
    if (!S_ISREG(status.st_mode) || status.st_ino != seen.st_ino || status.st_dev != seen.st_dev)
      throw changed(path);
    auto left = static_cast<std::uint64_t>(status.st_size);
    bytes_ += left;
    if (caps_.bytes != 0 && bytes_ > caps_.bytes)
      throw Failure::beyond("max-bytes", "the files are larger");
    archive_entry_set_size(entry, status.st_size);
    add_attributes(fd.get(), entry);
    check(archive_write_header(tar_.get(), entry));
    std::vector<char>& buffer = buffer_;
    while (left > 0) {
      const ssize_t count =
          ::read(fd.get(), buffer.data(), std::min<std::uint64_t>(left, buffer.size()));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Failure::from_errno("read " + shown(path), errno);
      if (count == 0) throw changed(path);
      const la_ssize_t written =
          archive_write_data(tar_.get(), buffer.data(), static_cast<std::size_t>(count));
      check(written == count ? ARCHIVE_OK : ARCHIVE_FATAL);
      left -= static_cast<std::uint64_t>(count);
      done_ += static_cast<std::uint64_t>(count);
      if (done_ - told_ < kPackProgressStep) continue;
      report("progress", done_);
      told_ = done_;
    }
  }

  static Failure changed(const std::string& path) {
    return Failure::corrupt("it changed while it was read: " + shown(path));
  }

  const ExtractCaps caps_;
  const int target_;
  std::unique_ptr<archive, FreeWriter> tar_;
  std::exception_ptr failure_;
  std::string prefix_;
  std::map<ino_t, std::string> linked_;  // files with several names, and the first name of each
  std::vector<char> buffer_ = std::vector<char>(256 * 1024);
  std::uint64_t entries_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace

void pack_tree(int source, int target, const ExtractCaps& caps) {
  TreePacker(target, caps).pack(source);
}

}  // namespace cloche::unpack
