// The socket to the launcher.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sandbox/protocol.h"

namespace cloche::init {

using protocol::InitStep;

// A message that has arrived. `bytes` is mapped and given back by drop().
struct Message {
  protocol::Header header{};
  char* bytes = nullptr;
  int fds[6] = {-1, -1, -1, -1, -1, -1};
  unsigned fd_count = 0;

  const char* text(protocol::Text text) const { return bytes + text.offset; }
  template <typename T>
  const T* list(protocol::List list) const {
    return reinterpret_cast<const T*>(bytes + list.offset);
  }
  template <typename T>
  const T& body() const {
    return *reinterpret_cast<const T*>(bytes);
  }
  // A list of Text as a null-terminated array of pointers, the form of argv(7). The launcher sends
  // each such list with 8 bytes an entry and one entry to spare, so it is converted where it lies.
  char** pointers(protocol::List list) const;
  void drop_descriptors();
  void drop();  // unmaps the bytes and closes the descriptors
};

// init holds a pidfd of the launcher, because the launcher's end of the socket may live on in
// processes it forked. receive() and reply() end init, and with it everything inside, once the
// launcher is gone.
void watch_launcher(int pidfd);
int launcher_pidfd();
Message receive();
void reply(protocol::Type type, const void* body = nullptr, std::uint32_t size = 0);
void reply_failed(InitStep step, int errnum, const char* detail = "");
// The same for a program, of which another request may be under way.
void reply_not_started(InitStep step, int errnum, const char* detail = "");

// Tells the launcher that building the world failed, with errno, and ends init.
[[noreturn]] void die(InitStep step, const char* detail = "");

}  // namespace cloche::init
