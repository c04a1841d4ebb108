// Files in and out while no program runs: every process of an execution is gone before its end is
// reported. Links, pipes and devices that earlier programs left are never followed or opened.
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox/init/incoming.h"
#include "sandbox/init/open.h"
#include "sandbox/init/requests.h"

namespace cloche::init {

char* path_in(const Message& message, protocol::Text text) {
  char* path = message.bytes + text.offset;
  while (*path == '/') ++path;
  return path;
}

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

void put(const World& world, Message& message) {
  IncomingFile file(world);
  file.begin(message);
  file.finish();
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
