// Listing directories of /proc without allocating.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace cloche::init {

// As the kernel writes it for getdents64(2).
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

// Calls see(name) for each entry of a directory whose name begins with a digit.
template <typename See>
void for_each_number(int directory, See see) {
  alignas(DirectoryEntry) char buffer[8192];
  long count;
  while ((count = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->length;
      if (entry->name[0] >= '0' && entry->name[0] <= '9') see(entry->name);
    }
}

}  // namespace cloche::init
