#pragma once

#include <cstdint>
#include <vector>

namespace cloche::unpack {

struct Confinement {
  std::vector<int> written;  // directories to read and write below
  // A directory to read below, whoever owns what is in it where the caller is root; or -1.
  int read = -1;
  std::uint64_t max_file_bytes = 0;  // 0: any
};

// Gives up, for the rest of the process, what unpacking does not need: capabilities, new
// privileges, every file but those below the directories (descriptors) and what is
// open already (Landlock), and all system calls but those of reading and writing files (seccomp).
// What a kernel lacks of it is skipped: the paths are resolved safely without it too.
void confine(const Confinement& confinement);

}  // namespace cloche::unpack
