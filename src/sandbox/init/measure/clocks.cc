// Clocks. Programs get a time namespace (time_namespaces(7)): their clocks begin with their sandbox
// and do not tell how long the host has been up.
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/init/measure/sampler.h"
#include "sandbox/init/world.h"

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
  // The clocks begin at one second: a clock at zero looks unset to some programs.
  snprintf(text, sizeof text, "monotonic %lld 0\nboottime %lld 0\n",
           1 - static_cast<long long>(monotonic.tv_sec), 1 - static_cast<long long>(boot.tv_sec));
  // The kernel takes the line whole or not at all. If it does not, the clocks are the host's.
  const bool taken = write(offsets, text, strlen(text)) > 0;
  static_cast<void>(taken);
  close(offsets);
}

std::uint64_t clock(clockid_t which) {
  timespec time{};
  clock_gettime(which, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t now() {
  return clock(CLOCK_MONOTONIC);
}

}  // namespace cloche::init
