// Measures time fairly on a busy machine: without the time in which other programs used the
// processors.
#pragma once

#include <chrono>
#include <cstdint>

// Starts counting when it is made. Tests compare `fair` with a bound, so that a busy machine does
// not fail them. On an idle machine it equals the wall time.
class Elapsed {
 public:
  Elapsed();
  std::chrono::nanoseconds wall() const;
  // `wall` without the share of all processors that other programs (not this one and its
  // descendants) used or that a hypervisor withheld. At least a sixteenth of `wall`, so that a wait
  // for it ends.
  std::chrono::nanoseconds fair() const;
  // Whether other programs used more than an eighth of one processor, or a hypervisor withheld one
  // for two ticks of the kernel. A program that must often wake up in time may then have been late.
  bool disturbed() const;

 private:
  // In ticks of the kernel, since the machine started or the process did.
  struct Ticks {
    std::int64_t others = 0;  // used by programs that are no descendants of this process
    std::int64_t stolen = 0;  // proc_stat(5), "steal"
  };
  static Ticks now();

  std::chrono::steady_clock::time_point begin_;
  Ticks ticks_;
};
