// What the kernel holds for the descriptors of processes, where no control group counts it.
#pragma once

#include <cstdint>

namespace cloche::init {

// For the descriptors of the process `pid`, a name in the directory `proc`, without its pipes:
// these are added to `pipe_ends`, for what a pipe holds depends on how many there are. `table` is
// how many places its table of descriptors has (FDSize in /proc/PID/status). Of a process with more
// than 64 descriptors it is an estimate from a random part of them.
std::uint64_t memory_of_descriptors(int proc, const char* pid, std::uint64_t table,
                                    std::uint64_t& pipe_ends);

// For that many ends of pipes, at most.
std::uint64_t memory_of_pipes(std::uint64_t ends);

}  // namespace cloche::init
