// Waits until a control group is empty. The code is inline and does not allocate, because init,
// which is also the guard, is built from its own files only.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace cloche::cgroup {

// Waits at most `milliseconds` for the end of every process in the group of this directory and
// below. Returns whether they have ended. False, too, if cgroup.events cannot be read (cgroups(7)).
inline bool wait_until_empty(int directory, int milliseconds) {
  const int events = ::openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
  if (events < 0) return false;
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto in_milliseconds = [&now] {
    return static_cast<long>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
  };
  const long until = in_milliseconds() + milliseconds;
  bool empty = false;
  for (long left = milliseconds; left >= 0;) {
    // Read before each poll: poll reports only changes since the last read, and returns at once for
    // a file that was never read.
    char text[128] = {};
    if (::pread(events, text, sizeof text - 1, 0) <= 0) break;
    empty = ::strstr(text, "populated 0") != nullptr;
    if (empty) break;
    pollfd change{events, POLLPRI, 0};
    ::poll(&change, 1, static_cast<int>(left));
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    left = until - in_milliseconds();
  }
  ::close(events);
  return empty;
}

}  // namespace cloche::cgroup
