#include "util/fd.h"

#include <unistd.h>

namespace cloche {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace cloche
