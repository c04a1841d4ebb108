// Memory that processes share without a name: mmap(2) with MAP_SHARED and MAP_ANONYMOUS.
//
// It belongs to no process and lies on no file system that could be asked: it is counted by its
// mappings, each once, as large as any process was ever seen to map it. Pages that were never
// touched count too, for what was touched and is no longer mapped cannot be told from them.
#pragma once

#include <cstdint>

namespace cloche::init {

// A process's mappings are read again when its address space changed, else after so many rounds.
inline constexpr std::uint32_t kMapsInterval = 10;

// Reading the mappings of a process that has more than these takes longer than a sample may. It is
// taken for one that has as many as the kernel allows: vm.max_map_count.
inline constexpr std::uint64_t kManyMappings = 4096, kMostMappings = 65536;

// Takes note of the shared mappings of a process. `pid` is its name below the proc mount. Returns
// how many mappings of any kind it has.
std::uint64_t note_shared_mappings(int proc, const char* pid, std::uint32_t round);

// The bytes of all that were noted and still exist.
std::uint64_t shared_mappings(std::uint32_t round);

// Forgets everything: all processes are gone.
void forget_shared_mappings();

}  // namespace cloche::init
