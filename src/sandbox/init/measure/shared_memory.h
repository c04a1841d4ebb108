// Memory that processes share without a name: mmap(2) with MAP_SHARED and MAP_ANONYMOUS.
//
// It belongs to no process and lies on no file system that could be queried. It is counted by its
// mappings: each once, as large as any process was ever seen to map it. Pages that were never
// touched count too, because they cannot be told from pages that were touched and are no longer
// mapped.
#pragma once

#include <cstdint>

namespace cloche::init {

// A process's mappings are read again when its address space changed, else after this many rounds.
inline constexpr std::uint32_t kMapsInterval = 10;

// Reading more than kManyMappings takes longer than a sample may. Such a process counts as one with
// as many mappings as the kernel allows: vm.max_map_count.
inline constexpr std::uint64_t kManyMappings = 4096, kMostMappings = 65536;

// Notes the shared mappings of a process. `pid` is its name below the proc mount. Returns the
// number of its mappings of any kind.
std::uint64_t note_shared_mappings(int proc, const char* pid, std::uint32_t round);

// The bytes of all noted mappings that still exist.
std::uint64_t shared_mappings(std::uint32_t round);

// Forgets everything: all processes are gone.
void forget_shared_mappings();

}  // namespace cloche::init
