// The content of the memory file systems, saved so that another sandbox can begin with it. No
// program runs meanwhile, as in files.cc. Only init writes this form, and only init reads it. Every
// name in it is one component of a path and is opened below a directory that init holds open.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/directory.h"
#include "sandbox/init/open.h"
#include "sandbox/init/requests.h"

namespace cloche::init {

namespace {

// Each level needs an open descriptor and a buffer.
constexpr unsigned kMostDepth = 100;

enum class EntryKind : std::uint32_t { directory, up, file, link, fifo };

struct EntryRecord {
  EntryKind kind;
  std::uint32_t mode;
  std::uint32_t name_length;          // of the name that follows
  std::uint32_t target_length;        // of a link's target, which follows the name
  std::int64_t seconds, nanoseconds;  // when it was changed
  std::uint64_t size;
};

// Data of a file; the last one of a file has no length.
struct Extent {
  std::uint64_t offset, length;
};

int open_entry(int directory, const char* name, int flags) {
  return open_below(directory, name, flags | O_NOFOLLOW, 0, RESOLVE_NO_XDEV);
}

class SnapshotWriter {
 public:
  SnapshotWriter(int to, std::uint64_t room) : to_(to), room_(room) {}

  // False: errno says why.
  bool directory(int fd, const char* name, unsigned depth) {
    struct stat status {};
    if (depth > kMostDepth) errno = ENAMETOOLONG;
    if (depth > kMostDepth || fstat(fd, &status) != 0) return false;
    if (!record(EntryKind::directory, status, name, nullptr, 0)) return false;
    return for_each_entry(
               fd, [&](const DirectoryEntry& entry) { return one(fd, entry.name, depth); }) &&
           record(EntryKind::up, status, "", nullptr, 0);
  }

 private:
  bool one(int directory_fd, const char* name, unsigned depth) {
    struct stat status {};
    if (fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return false;
    if (S_ISDIR(status.st_mode)) {
      const int fd = open_entry(directory_fd, name, O_RDONLY | O_DIRECTORY);
      // EXDEV: another file system is mounted there, and in the other sandbox too.
      if (fd < 0) return errno == EXDEV;
      return closing(fd, directory(fd, name, depth + 1));
    }
    if (S_ISREG(status.st_mode)) {
      const int fd = open_entry(directory_fd, name, O_RDONLY);
      if (fd < 0) return errno == EXDEV;
      return closing(fd, record(EntryKind::file, status, name, nullptr, 0) && content(fd));
    }
    if (S_ISLNK(status.st_mode)) {
      char target[4096];
      const ssize_t length = readlinkat(directory_fd, name, target, sizeof target);
      return length >= 0 &&
             record(EntryKind::link, status, name, target, static_cast<std::uint32_t>(length));
    }
    if (S_ISFIFO(status.st_mode)) return record(EntryKind::fifo, status, name, nullptr, 0);
    return true;  // a socket: its listener has ended
  }

  static bool closing(int fd, bool good) {
    close_keeping_errno(fd);
    return good;
  }

  bool record(EntryKind kind, const struct stat& status, const char* name, const char* target,
              std::uint32_t target_length) {
    const EntryRecord record{kind,
                             status.st_mode & 07777,
                             static_cast<std::uint32_t>(strlen(name)),
                             target_length,
                             status.st_mtim.tv_sec,
                             status.st_mtim.tv_nsec,
                             static_cast<std::uint64_t>(status.st_size)};
    return put(&record, sizeof record) && put(name, record.name_length) &&
           put(target, target_length);
  }

  // Saves the data of a file without its holes: a program can make holes of any size.
  bool content(int fd) {
    off_t end = 0;
    for (;;) {
      const off_t begin = lseek(fd, end, SEEK_DATA);
      if (begin < 0 && errno != ENXIO) return false;
      if (begin < 0) break;
      if ((end = lseek(fd, begin, SEEK_HOLE)) < 0 || lseek(fd, begin, SEEK_SET) < 0) return false;
      const Extent extent{static_cast<std::uint64_t>(begin),
                          static_cast<std::uint64_t>(end - begin)};
      if (!put(&extent, sizeof extent) || !take(extent.length) ||
          !copy_bytes(fd, to_, extent.length))
        return false;
    }
    const Extent last{0, 0};
    return put(&last, sizeof last);
  }

  bool put(const void* bytes, std::size_t size) {
    if (!take(size)) return false;
    const auto* next = static_cast<const char*>(bytes);
    while (size > 0) {
      const ssize_t count = write(to_, next, size);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      next += count;
      size -= static_cast<std::size_t>(count);
    }
    return true;
  }

  bool take(std::uint64_t bytes) {
    if (bytes > room_) errno = EFBIG;
    if (bytes > room_) return false;
    room_ -= bytes;
    return true;
  }

  const int to_;
  std::uint64_t room_;
};

class SnapshotReader {
 public:
  SnapshotReader(const World& world, const char* bytes, std::size_t size)
      : world_(world), next_(bytes), left_(size) {}
  ~SnapshotReader() {
    while (depth_ > 0) close(held_[--depth_]);
  }
  SnapshotReader(const SnapshotReader&) = delete;
  SnapshotReader& operator=(const SnapshotReader&) = delete;

  // False: errno says why.
  bool file_systems() {
    for (unsigned i = 0; i < world_.memory_count; ++i)
      if (!file_system(world_.memory_fds[i])) return false;
    if (left_ != 0) errno = EPROTO;
    return left_ == 0;
  }

 private:
  bool file_system(int mount) {
    do {
      EntryRecord record;
      char name[256], target[4097];
      if (!take(&record, sizeof record)) return false;
      if (record.name_length >= sizeof name || record.target_length >= sizeof target) {
        errno = EPROTO;
        return false;
      }
      if (!take(name, record.name_length) || !take(target, record.target_length)) return false;
      name[record.name_length] = target[record.target_length] = '\0';
      if (!make(mount, record, name, target)) return false;
    } while (depth_ > 0);
    return true;
  }

  bool make(int mount, const EntryRecord& record, const char* name, const char* target) {
    if (record.kind == EntryKind::directory) return enter(mount, name);
    if (depth_ == 0) errno = EPROTO;
    if (depth_ == 0) return false;
    const int here = held_[depth_ - 1];
    if (record.kind == EntryKind::up) {
      const bool good = finish(here, record);
      close(here);
      --depth_;
      return good;
    }
    if (record.kind == EntryKind::file) return file(here, record, name);
    if (record.kind == EntryKind::link)
      return symlinkat(target, here, name) == 0 &&
             fchownat(here, name, world_.program.user, world_.program.group, AT_SYMLINK_NOFOLLOW) ==
                 0;
    return mkfifoat(here, name, 0600) == 0 &&
           fchownat(here, name, world_.program.user, world_.program.group, AT_SYMLINK_NOFOLLOW) ==
               0 &&
           fchmodat(here, name, record.mode, 0) == 0;
  }

  bool enter(int mount, const char* name) {
    if (depth_ == sizeof held_ / sizeof *held_) errno = ENAMETOOLONG;
    if (depth_ == sizeof held_ / sizeof *held_) return false;
    const bool top = depth_ == 0;
    const int above = top ? mount : held_[depth_ - 1];
    // An existing directory is this sandbox's own: a file system is mounted in it.
    if (!top && mkdirat(above, name, 0700) != 0 && errno != EEXIST) return false;
    const int fd = open_entry(above, top ? "." : name, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return false;
    held_[depth_++] = fd;
    return true;
  }

  bool file(int here, const EntryRecord& record, const char* name) {
    const int fd = openat(here, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool good = true;
    for (;;) {
      Extent extent;
      good = good && take(&extent, sizeof extent);
      if (!good || extent.length == 0) break;
      if (extent.length > left_) errno = EPROTO;
      good = extent.length <= left_ && lseek(fd, static_cast<off_t>(extent.offset), SEEK_SET) >= 0;
      while (good && extent.length > 0) {
        const ssize_t count = write(fd, next_, extent.length);
        if (count < 0 && errno == EINTR) continue;
        good = count > 0;
        if (good) skip(static_cast<std::size_t>(count));
        if (good) extent.length -= static_cast<std::uint64_t>(count);
      }
    }
    good = good && ftruncate(fd, static_cast<off_t>(record.size)) == 0 && finish(fd, record);
    close_keeping_errno(fd);
    return good;
  }

  bool finish(int fd, const EntryRecord& record) {
    const timespec times[2] = {{0, UTIME_OMIT},
                               {record.seconds, static_cast<long>(record.nanoseconds)}};
    return fchown(fd, world_.program.user, world_.program.group) == 0 &&
           fchmod(fd, record.mode) == 0 && futimens(fd, times) == 0;
  }

  bool take(void* to, std::size_t size) {
    if (size > left_) errno = EPROTO;
    if (size > left_) return false;
    memcpy(to, next_, size);
    skip(size);
    return true;
  }
  void skip(std::size_t size) {
    next_ += size;
    left_ -= size;
  }

  const World& world_;
  const char* next_;
  std::size_t left_;
  int held_[kMostDepth + 1];  // from the file system's root to where things are made
  unsigned depth_ = 0;
};

}  // namespace

void save(const World& world, const Message& message) {
  if (world.writable) return reply_failed(InitStep::save_writable, EOPNOTSUPP);
  SnapshotWriter writer(message.fds[0], message.body<protocol::Save>().max_bytes);
  for (unsigned i = 0; i < world.memory_count; ++i) {
    const int root = open_entry(world.memory_fds[i], ".", O_RDONLY | O_DIRECTORY);
    const bool good = root >= 0 && writer.directory(root, "", 0);
    if (root >= 0) close_keeping_errno(root);
    if (!good) return reply_failed(InitStep::save_files, errno);
  }
  reply(protocol::Type::done);
}

void load(const World& world, const Message& message) {
  struct stat status {};
  if (fstat(message.fds[0], &status) != 0) return reply_failed(InitStep::load_files, errno);
  const auto size = static_cast<std::size_t>(status.st_size);
  void* bytes = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, message.fds[0], 0);
  if (bytes == MAP_FAILED) return reply_failed(InitStep::load_files, errno);
  const bool good = SnapshotReader(world, static_cast<const char*>(bytes), size).file_systems();
  const int saved = errno;
  munmap(bytes, size);
  if (!good) return reply_failed(InitStep::load_files, saved);
  reply(protocol::Type::done);
}

}  // namespace cloche::init
