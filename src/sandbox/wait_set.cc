#include "sandbox/wait_set.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <cerrno>

#include "cloche/error.h"

namespace cloche {

namespace {

constexpr unsigned kTimer = WaitSet::kSlots;

// The earliest time that a timer can have: zero would stop it.
constexpr WaitSet::Clock::time_point kAtOnce{std::chrono::nanoseconds(1)};

}  // namespace

WaitSet::WaitSet()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!epoll_ || !timer_) throw Error::from_errno("make descriptors to wait for a run", errno);
  watched_.fill(-1);
  epoll_event event{EPOLLIN, {}};
  event.data.u32 = kTimer;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_.get(), &event) != 0)
    throw Error::from_errno("watch a timer", errno);
}

void WaitSet::watch(unsigned slot, int fd, bool to_write) {
  int& watched = watched_[slot];
  const std::uint32_t bit = 1u << slot;
  if (fd == watched) return;
  if (watched >= 0 && (always_ready_ & bit) == 0 &&
      ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watched, nullptr) != 0)
    throw Error::from_errno("stop watching a descriptor", errno);
  watched = -1;
  always_ready_ &= ~bit;
  if (fd < 0) return;
  epoll_event event{to_write ? EPOLLOUT : EPOLLIN, {}};
  event.data.u32 = slot;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    if (errno != EPERM) throw Error::from_errno("watch a descriptor", errno);
    always_ready_ |= bit;
  }
  watched = fd;
}

void WaitSet::wake_at(Clock::time_point time) {
  if (always_ready_ != 0 || time < kAtOnce) time = kAtOnce;
  if (time == wake_at_) return;
  itimerspec setting{};
  if (time != Clock::time_point::max()) {
    const auto since = time.time_since_epoch();
    setting.it_value.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(since).count();
    setting.it_value.tv_nsec = (since % std::chrono::seconds(1)).count();
  }
  if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr) != 0)
    throw Error::from_errno("set a timer", errno);
  wake_at_ = time;
}

std::uint32_t WaitSet::wait(int timeout) {
  epoll_event events[kSlots + 1];
  const int count = ::epoll_wait(epoll_.get(), events, kSlots + 1, timeout);
  if (count < 0 && errno != EINTR) throw Error::from_errno("wait for the sandbox", errno);
  std::uint32_t ready = always_ready_;
  for (int i = 0; i < count; ++i) {
    if (events[i].data.u32 == kTimer)
      wake_at_ = {};  // the timer stays readable until it is set again
    else
      ready |= 1u << events[i].data.u32;
  }
  return ready;
}

}  // namespace cloche
