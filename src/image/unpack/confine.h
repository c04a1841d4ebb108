#pragma once

#include <cstdint>
#include <vector>

namespace cloche::unpack {

// Gives up, for the rest of the process, what unpacking does not need: capabilities, new
// privileges, every file but those below `directories` (descriptors) and what is
// open already (Landlock), and all system calls but those of reading and writing files (seccomp).
// What a kernel lacks of it is skipped: the paths are resolved safely without it too.
void confine(const std::vector<int>& directories, std::uint64_t max_file_bytes);

}  // namespace cloche::unpack
