// The descriptors and the time that a run waits for, behind one descriptor that can be polled.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "util/fd.h"

namespace cloche {

// An epoll(7) instance with a timer. Its owner gives each source a slot, a number below kSlots.
class WaitSet {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr unsigned kSlots = 16;

  // All functions throw Error by errno.
  WaitSet();

  // Readable while a source is ready or the time has come.
  int fd() const { return epoll_.get(); }

  // From now on `slot` stands for `fd`, ready to be read or, if `to_write`, to be written; -1 for
  // none. A file that epoll cannot watch, such as a regular one, is always ready. A slot must be
  // emptied before its descriptor is closed: a copy in another process would keep it in the set.
  void watch(unsigned slot, int fd, bool to_write = false);
  void empty(unsigned slot) { watch(slot, -1); }
  // The time that has come once it is reached; max() for never. To be called after watch().
  void wake_at(Clock::time_point time);

  // Waits for at most `timeout` milliseconds, -1 for as long as it takes. Returns the slots that
  // are ready, as bits.
  std::uint32_t wait(int timeout);

 private:
  UniqueFd epoll_, timer_;
  std::array<int, kSlots> watched_;
  std::uint32_t always_ready_ = 0;
  Clock::time_point wake_at_ = Clock::time_point::max();
};

}  // namespace cloche
