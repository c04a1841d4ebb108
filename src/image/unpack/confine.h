#pragma once

#include <cstdint>
#include <vector>

namespace cloche::unpack {

struct Confinement {
  std::vector<int> written;  // directories below which it reads and writes files
  // Directories below which it reads files and adds and removes names. If there are any, it cannot
  // write to any file that is not open already.
  std::vector<int> linked;
  // A directory to read below, even files of other owners if the caller is root; or -1.
  int read = -1;
  std::uint64_t max_file_bytes = 0;  // 0: any
  // Seconds of processor time of all threads together; SIGXCPU at the end. 0: unlimited.
  std::uint64_t max_seconds = 0;
};

// Gives up, for the rest of the process, everything that unpacking does not need: capabilities, new
// privileges, all files except those below the directories (descriptors) and those that are open
// already (Landlock), and all system calls except those for reading and writing files (seccomp).
// The process can neither start nor signal another one. On a kernel without Landlock that part is
// skipped: the paths are also resolved safely without it. Throws Failure.
void confine(const Confinement& confinement);

}  // namespace cloche::unpack
