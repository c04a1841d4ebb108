// Messages from the launcher, read by init's own code: headers, bodies, descriptors.
//
// init trusts the launcher, so the content of bodies is not tested. But wherever a message is cut
// off, and however many descriptors come with it, init must read within its bounds, keep no
// descriptor, and end when the launcher is gone. It ends with _exit, which the build replaces by a
// jump back.
//
// The first byte is the number of descriptors that are sent with the first bytes of the rest.
#include <fcntl.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <utility>

#include "fuzz.h"
#include "sandbox/init/wire.h"

namespace {

jmp_buf after_init;
bool in_init = false;
// The mapping of an unfinished message, which the end of init frees.
void* mapped = nullptr;
std::size_t mapped_size = 0;

constexpr int kMostDescriptors = 8;

// The open descriptors among the first ones, one bit each.
std::uint64_t open_descriptors() {
  std::uint64_t open = 0;
  for (int fd = 0; fd < 64; ++fd)
    if (::fcntl(fd, F_GETFD) >= 0) open |= std::uint64_t{1} << fd;
  return open;
}

void say(int socket, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const int count = data[0] % (kMostDescriptors + 1);
  iovec part{const_cast<std::uint8_t*>(data + 1), size - 1};
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  msghdr envelope{};
  envelope.msg_iov = &part;
  envelope.msg_iovlen = 1;
  if (count > 0 && size > 1) {
    envelope.msg_control = control;
    envelope.msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&envelope);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    std::memset(CMSG_DATA(rights), 0, count * sizeof(int));  // descriptor 0, each time
  }
  fuzz::demand(::sendmsg(socket, &envelope, MSG_NOSIGNAL) >= 0, "the input fits the socket");
}

}  // namespace

// Replacements for the functions of the same names, by the linker's --wrap.
extern "C" {
[[noreturn]] void __real__exit(int status);
[[noreturn]] void __wrap__exit(int status) {
  if (in_init) ::longjmp(after_init, 1);
  __real__exit(status);
}
void* __real_mmap64(void* address, std::size_t size, int protection, int flags, int fd,
                    off_t offset);
void* __wrap_mmap64(void* address, std::size_t size, int protection, int flags, int fd,
                    off_t offset) {
  void* const result = __real_mmap64(address, size, protection, flags, fd, offset);
  if (in_init && result != MAP_FAILED) {
    fuzz::demand(mapped == nullptr, "one message is mapped at a time");
    mapped = result;
    mapped_size = size;
  }
  return result;
}
int __real_munmap(void* address, std::size_t size);
int __wrap_munmap(void* address, std::size_t size) {
  if (in_init) {
    fuzz::demand(address == mapped && size == mapped_size, "what was mapped is unmapped");
    mapped = nullptr;
  }
  return __real_munmap(address, size);
}
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // init knows its socket by a fixed number. The number is occupied at first, so that no other
  // descriptor gets it.
  static const bool taken = ::dup2(0, cloche::protocol::kSocketFd) >= 0;
  int ends[2];
  fuzz::demand(taken && ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
               "there is a socket");
  ::dup2(ends[1], cloche::protocol::kSocketFd);
  ::close(ends[1]);
  say(ends[0], data, size);
  ::close(ends[0]);
  static std::uint64_t before;  // static, so that the jump does not change it
  before = open_descriptors();
  in_init = true;
  if (::setjmp(after_init) == 0) {
    for (;;) {
      cloche::init::Message message = cloche::init::receive();
      fuzz::demand(message.fd_count <= sizeof message.fds / sizeof *message.fds,
                   "no more descriptors are taken than there is room for");
      for (unsigned i = 0; i < message.fd_count; ++i)
        fuzz::demand(::fcntl(message.fds[i], F_GETFD) == FD_CLOEXEC, "nothing is inherited");
      fuzz::demand(message.header.size < size, "a whole body has arrived");
      message.drop();
      fuzz::demand(mapped == nullptr && open_descriptors() == before, "a message leaves nothing");
    }
  }
  in_init = false;
  if (mapped != nullptr) ::munmap(std::exchange(mapped, nullptr), mapped_size);
  for (int fd = 0; fd < 64; ++fd)
    if ((open_descriptors() & ~before) >> fd & 1) ::close(fd);
  ::dup2(0, cloche::protocol::kSocketFd);
  return 0;
}
