// A time namespace: time_namespaces(7). Programs see clocks that began with their sandbox, and not
// how long the host has been up.
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

constexpr int kNewTime = 0x80;  // CLONE_NEWTIME

}  // namespace

void begin_time() {
  // Kernels without it, and launchers whose /proc is hidden, keep the host's clocks.
  if (unshare(kNewTime) != 0) return;
  const int offsets = open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC);
  if (offsets < 0) return;
  timespec monotonic{}, boot{};
  clock_gettime(CLOCK_MONOTONIC, &monotonic);
  clock_gettime(CLOCK_BOOTTIME, &boot);
  char text[96];
  // One second from the beginning, for a clock at zero looks unset to some programs.
  snprintf(text, sizeof text, "monotonic %lld 0\nboottime %lld 0\n",
           1 - static_cast<long long>(monotonic.tv_sec), 1 - static_cast<long long>(boot.tv_sec));
  // Taken by the kernel whole or not at all; without, the clocks are the host's.
  const bool taken = write(offsets, text, strlen(text)) > 0;
  static_cast<void>(taken);
  close(offsets);
}

}  // namespace cloche::init
