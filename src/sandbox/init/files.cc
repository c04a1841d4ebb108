// Files in and out. Nothing inside runs meanwhile: every process of an execution is gone before its
// end is reported. What earlier programs left (links, pipes, devices) is never followed or opened.
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

int open_beneath(int root, const char* path, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, root, path, &how, sizeof how));
}

// The directories that lead to `path`, made where they are missing, for the program to own.
bool make_parents(const World& world, char* path) {
  for (char* slash = strchr(path, '/'); slash != nullptr; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    int fd = open_beneath(world.root_fd, path, O_PATH | O_DIRECTORY, 0);
    if (fd < 0 && errno == ENOENT) {
      // The parent was just opened without following a link, and nobody runs who could change it.
      if (mkdirat(world.root_fd, path, 0755) == 0 &&
          fchownat(world.root_fd, path, world.program.user, world.program.group,
                   AT_SYMLINK_NOFOLLOW) == 0)
        fd = open_beneath(world.root_fd, path, O_PATH | O_DIRECTORY, 0);
    }
    *slash = '/';
    if (fd < 0) return false;
    close(fd);
  }
  return true;
}

// The message's path, relative to the root.
char* path_in(const Message& message, protocol::Text text) {
  char* path = message.bytes + text.offset;
  while (*path == '/') ++path;
  return path;
}

}  // namespace

bool copy_bytes(int from, int to, std::uint64_t room) {
  while (room > 0) {
    const std::size_t piece = room < (1u << 30) ? static_cast<std::size_t>(room) : 1u << 30;
    const ssize_t count = sendfile(to, from, nullptr, piece);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    if (count == 0) return true;
    room -= static_cast<std::uint64_t>(count);
  }
  return true;
}

void put(const World& world, const Message& message) {
  const auto& body = message.body<protocol::Put>();
  char* path = path_in(message, body.path);
  if (!make_parents(world, path)) return reply_failed("make the directory of ", path, errno);
  // Whatever is there under this name goes; a directory stays and makes the open below fail.
  if (unlinkat(world.root_fd, path, 0) != 0 && errno != ENOENT && errno != EISDIR)
    return reply_failed("replace ", path, errno);
  const int file = open_beneath(world.root_fd, path, O_CREAT | O_EXCL | O_WRONLY, 0600);
  if (file < 0) return reply_failed("create ", path, errno);
  if (!copy_bytes(message.fds[0], file, ~0ull) ||
      fchown(file, world.program.user, world.program.group) != 0 ||
      fchmod(file, body.mode & 0777) != 0) {
    const int saved = errno;
    close(file);
    unlinkat(world.root_fd, path, 0);
    return reply_failed("write ", path, saved);
  }
  close(file);
  reply(protocol::Type::done);
}

void get(const World& world, const Message& message) {
  const auto& body = message.body<protocol::Get>();
  const char* path = path_in(message, body.path);
  // Opened as a path first: opening a FIFO or a device for reading could block or act.
  const int found = open_beneath(world.root_fd, path, O_PATH, 0);
  if (found < 0) return reply_failed("open ", path, errno);
  struct stat status {};
  const bool regular = fstat(found, &status) == 0 && S_ISREG(status.st_mode);
  close(found);
  if (!regular) return reply_failed("not a regular file: ", path, ENOENT);
  const int file = open_beneath(world.root_fd, path, O_RDONLY | O_NONBLOCK, 0);
  if (file < 0) return reply_failed("open ", path, errno);
  const bool copied = copy_bytes(file, message.fds[0], body.max_bytes);
  const int saved = errno;
  close(file);
  if (!copied) return reply_failed("read ", path, saved);
  reply(protocol::Type::done);
}

}  // namespace cloche::init
