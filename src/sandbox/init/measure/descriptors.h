// The kernel's memory for the descriptors of processes, where no control group counts it.
#pragma once

#include <cstdint>

namespace cloche::init {

// Bytes for the descriptors of the process `pid`, a name in the directory `proc`, without its
// pipes. The pipes are added to `pipe_ends` instead: the memory of a pipe depends on the number of
// pipes. `table` is the size of its table of descriptors (FDSize in /proc/PID/status). For a
// process with more than 64 descriptors the result is an estimate from a random part of them.
std::uint64_t memory_of_descriptors(int proc, const char* pid, std::uint64_t table,
                                    std::uint64_t& pipe_ends);

// The most bytes that `ends` ends of pipes can hold.
std::uint64_t memory_of_pipes(std::uint64_t ends);

}  // namespace cloche::init
