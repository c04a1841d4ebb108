// Time that has passed, judged by what this machine could give of its processors.
#pragma once

#include <chrono>
#include <cstdint>

// Counts from its making. Tests compare `fair` with a bound, so that a busy machine does not fail
// them: on an idle one it is the time of the wall.
class Elapsed {
 public:
  Elapsed();
  std::chrono::nanoseconds wall() const;
  // `wall` less the share of all processors that programs other than this one and its descendants
  // used, or that a hypervisor withheld. At least a sixteenth of `wall`, so that waiting for it
  // comes to an end.
  std::chrono::nanoseconds fair() const;
  // Whether others used more than an eighth of one processor, or a hypervisor withheld one for two
  // ticks of the kernel. A program that must wake up often in time may then have been late.
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
