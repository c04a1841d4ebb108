// Files in and out. No program runs meanwhile: every process of an execution is gone before its end
// is reported. Links, pipes and devices that earlier programs left are never followed or opened.
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/open.h"
#include "sandbox/init/requests.h"

namespace cloche::init {

namespace {

// Makes the missing directories on the way to `path`; the program owns them.
bool make_parents(const World& world, char* path) {
  for (char* slash = strchr(path, '/'); slash != nullptr; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    int fd = open_below(world.root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
      // The parent was just opened without following a link, and no program runs that could change
      // it.
      if (mkdirat(world.root_fd, path, 0755) == 0 &&
          fchownat(world.root_fd, path, world.program.user, world.program.group,
                   AT_SYMLINK_NOFOLLOW) == 0)
        fd = open_below(world.root_fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
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
  if (!make_parents(world, path)) return reply_failed(InitStep::make_parents, errno, path);
  // An existing file of this name is removed. A directory stays and makes the open below fail.
  if (unlinkat(world.root_fd, path, 0) != 0 && errno != ENOENT && errno != EISDIR)
    return reply_failed(InitStep::replace_file, errno, path);
  const int file = open_below(world.root_fd, path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0600);
  if (file < 0) return reply_failed(InitStep::create_file, errno, path);
  if (!copy_bytes(message.fds[0], file, ~0ull) ||
      fchown(file, world.program.user, world.program.group) != 0 ||
      fchmod(file, body.mode & 0777) != 0) {
    const int saved = errno;
    close(file);
    unlinkat(world.root_fd, path, 0);
    return reply_failed(InitStep::write_file, saved, path);
  }
  close(file);
  reply(protocol::Type::done);
}

void get(const World& world, const Message& message) {
  const auto& body = message.body<protocol::Get>();
  const char* path = path_in(message, body.path);
  // Opened as a path first: opening a FIFO or a device for reading could block or act.
  const int found = open_below(world.root_fd, path, O_PATH | O_NOFOLLOW);
  if (found < 0) return reply_failed(InitStep::open_file, errno, path);
  struct stat status {};
  const bool regular = fstat(found, &status) == 0 && S_ISREG(status.st_mode);
  close(found);
  if (!regular) return reply_failed(InitStep::check_regular, ENOENT, path);
  const int file = open_below(world.root_fd, path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (file < 0) return reply_failed(InitStep::open_file, errno, path);
  const bool copied = copy_bytes(file, message.fds[0], body.max_bytes);
  const int saved = errno;
  close(file);
  if (!copied) return reply_failed(InitStep::read_file, saved, path);
  reply(protocol::Type::done);
}

}  // namespace cloche::init
