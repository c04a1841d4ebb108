// The use of the processes inside, sampled where no control group measures it.
//
// Processes are counted by the kernel's own figures: their CPU clocks (clock_getcpuclockid(3)) and
// the numbers in /proc/PID/status and maps. No text that a process could choose is read.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>

#include "sandbox/init/world.h"

namespace cloche::init {

struct Use {
  std::uint64_t cpu_ns;        // of all that were seen, also of those that are gone
  std::uint64_t memory_bytes;  // of processes, of memory file systems, and of the kernel for them
  std::uint64_t pipe_ends;
  std::uint32_t tasks;
  bool disk_full;
};

class Sampler {
 public:
  explicit Sampler(const World& world) : world_(world) {}
  // Counts tasks and looks at the disks; measures CPU time and memory only if `measure`. Stops
  // looking at processes once more than `enough` memory is found.
  Use sample(bool measure, std::uint64_t enough);

 private:
  struct Seen {
    pid_t pid;
    std::uint64_t cpu_ns;
    std::uint64_t virtual_bytes, mappings;
    std::uint32_t round, shared_round;
  };
  Seen& remember(pid_t pid);
  void look_at(const char* name, bool measure, Use& use);
  void look_at_disks(Use& use);

  static constexpr unsigned kRemembered = 1024;  // a power of two
  const World& world_;
  std::uint64_t cpu_ns_ = 0;
  std::uint32_t round_ = 0;
  std::uint32_t tasks_ = 0;  // of the last sample
  Seen seen_[kRemembered] = {};
};

// kernel_memory.cc: bytes that the kernel holds for the sandbox outside of any process: sockets
// with the data queued in them, System V shared memory, messages and semaphores.
std::uint64_t kernel_memory(const World& world);

// clocks.cc: a clock in nanoseconds, 0 if it does not exist; and monotonic time.
std::uint64_t clock(clockid_t which);
std::uint64_t now();

}  // namespace cloche::init
