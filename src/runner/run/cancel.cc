#include "runner/run/cancel.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <cerrno>

#include "cloche/error.h"

namespace cloche::runner {

CancelSource::CancelSource(int callers_fd) : own_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!own_) throw Error::from_errno("make an event descriptor", errno);
  if (callers_fd < 0) return;
  both_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!both_) throw Error::from_errno("make an epoll descriptor", errno);
  for (const int fd : {own_.get(), callers_fd}) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(both_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
      throw Error::from_errno("watch descriptor " + std::to_string(fd), errno);
  }
}

void CancelSource::trigger() {
  ::eventfd_write(own_.get(), 1);
}

}  // namespace cloche::runner
