// Opening and closing descriptors.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace cloche::init {

// Opens a path below a directory without following any symbolic link on the way: openat2(2).
// `resolve` adds restrictions. -1: errno says why.
inline int open_below(int directory, const char* path, int flags, unsigned mode = 0,
                      std::uint64_t resolve = 0) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve;
  return static_cast<int>(syscall(SYS_openat2, directory, path, &how, sizeof how));
}

inline void close_keeping_errno(int fd) {
  const int saved = errno;
  close(fd);
  errno = saved;
}

}  // namespace cloche::init
