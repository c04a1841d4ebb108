#pragma once

#include <cstdint>
#include <vector>

namespace cloche::unpack {

struct Confinement {
  std::vector<int> written;  // directories to read and write below
  // Directories below which files are read, and get and lose names. Where there are any, no file
  // can be written to at all but what is open.
  std::vector<int> linked;
  // A directory to read below, whoever owns what is in it where the caller is root; or -1.
  int read = -1;
  std::uint64_t max_file_bytes = 0;  // 0: any
  // Of processors, all threads together; at the end of it SIGXCPU. 0: any.
  std::uint64_t max_seconds = 0;
};

// Gives up, for the rest of the process, what unpacking does not need: capabilities, new
// privileges, every file but those below the directories (descriptors) and what is
// open already (Landlock), and all system calls but those of reading and writing files (seccomp).
// It cannot start another process either, or signal one. Where a kernel has no Landlock, that is
// skipped: the paths are resolved safely without it too. Throws Failure.
void confine(const Confinement& confinement);

}  // namespace cloche::unpack
