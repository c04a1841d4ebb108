#include "sandbox/init/wire.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cloche::init {

namespace {

// The launcher is gone or the socket is broken. When PID 1 exits, the kernel kills every other
// process of the namespace.
[[noreturn]] void launcher_gone() {
  _exit(0);
}

int launcher = -1;

// Waits for a message of the launcher; ends init if the launcher has ended.
void wait_for_launcher() {
  pollfd sources[2] = {{protocol::kSocketFd, POLLIN, 0}, {launcher, POLLIN, 0}};
  while (sources[0].revents == 0) {
    if (poll(sources, 2, -1) < 0 && errno != EINTR) launcher_gone();
    if (sources[1].revents != 0) launcher_gone();
  }
}

void read_fully(char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t count = read(protocol::kSocketFd, to, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) launcher_gone();
    to += count;
    size -= static_cast<std::size_t>(count);
  }
}

}  // namespace

void watch_launcher(int pidfd) {
  launcher = pidfd;
}

int launcher_pidfd() {
  return launcher;
}

Message receive() {
  wait_for_launcher();
  Message message;
  iovec part{&message.header, sizeof message.header};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof message.fds)];
  msghdr envelope{};
  envelope.msg_iov = &part;
  envelope.msg_iovlen = 1;
  envelope.msg_control = control;
  // Exactly as many descriptors as `fds` can hold: the kernel discards the others.
  envelope.msg_controllen = CMSG_LEN(sizeof message.fds);
  ssize_t count;
  do {
    count = recvmsg(protocol::kSocketFd, &envelope, MSG_CMSG_CLOEXEC | MSG_WAITALL);
  } while (count < 0 && errno == EINTR);
  if (count != static_cast<ssize_t>(sizeof message.header)) launcher_gone();
  for (cmsghdr* part_of = CMSG_FIRSTHDR(&envelope); part_of != nullptr;
       part_of = CMSG_NXTHDR(&envelope, part_of)) {
    if (part_of->cmsg_level != SOL_SOCKET || part_of->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t bytes = part_of->cmsg_len - CMSG_LEN(0);
    message.fd_count = static_cast<unsigned>(bytes / sizeof(int));
    memcpy(message.fds, CMSG_DATA(part_of), bytes);
  }
  if (message.header.size > 0) {
    void* room = mmap(nullptr, message.header.size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) launcher_gone();
    message.bytes = static_cast<char*>(room);
    read_fully(message.bytes, message.header.size);
  }
  return message;
}

char** Message::pointers(protocol::List list) const {
  auto* entries = reinterpret_cast<std::uint64_t*>(bytes + list.offset);
  for (std::uint32_t i = 0; i < list.count; ++i)
    entries[i] = reinterpret_cast<std::uintptr_t>(bytes + entries[i]);
  entries[list.count] = 0;
  return reinterpret_cast<char**>(entries);
}

void Message::drop_descriptors() {
  for (unsigned i = 0; i < fd_count; ++i)
    if (fds[i] >= 0) close(fds[i]);
  fd_count = 0;
}

void Message::drop() {
  if (bytes != nullptr) munmap(bytes, header.size);
  bytes = nullptr;
  drop_descriptors();
}

void reply(protocol::Type type, const void* body, std::uint32_t size) {
  const protocol::Header header{type, size};
  iovec parts[2] = {{const_cast<protocol::Header*>(&header), sizeof header},
                    {const_cast<void*>(body), size}};
  msghdr envelope{};
  envelope.msg_iov = parts;
  envelope.msg_iovlen = size > 0 ? 2 : 1;
  // A reply is far smaller than the socket's buffer, so it is never sent in part.
  ssize_t count;
  do {
    count = sendmsg(protocol::kSocketFd, &envelope, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  if (count < 0) launcher_gone();
}

namespace {

void reply_failure(protocol::Type type, InitStep step, int errnum, const char* detail) {
  protocol::Failed failed{step, errnum, {}};
  memcpy(failed.detail, detail, strnlen(detail, sizeof failed.detail - 1));
  reply(type, &failed, sizeof failed);
}

}  // namespace

void reply_failed(InitStep step, int errnum, const char* detail) {
  reply_failure(protocol::Type::failed, step, errnum, detail);
}

void reply_not_started(InitStep step, int errnum, const char* detail) {
  reply_failure(protocol::Type::not_started, step, errnum, detail);
}

void die(InitStep step, const char* detail) {
  reply_failed(step, errno, detail);
  _exit(1);
}

}  // namespace cloche::init
