// Awaiting the end of what lives in a control group. Inline and plain, without allocation: init,
// which is the guard too, is built of its own files.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace cloche::cgroup {

// Whether no process lives in the group of this directory or below, once that is so or at most
// `milliseconds` have passed. False also where cgroup.events cannot be read (cgroups(7)).
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
    // Only what changes after the file was read wakes a poll; one of a file never read returns at
    // once.
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
