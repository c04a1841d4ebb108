// Listing directories without allocating.
#pragma once

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace cloche::init {

// A directory entry as getdents64(2) writes it.
struct DirectoryEntry {
  std::uint64_t inode;
  std::int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[1];
};

// Calls see(entry) for each entry of the directory but "." and "..", until it returns false. False
// if it did, or if the directory cannot be read; errno says why.
template <typename See>
bool for_each_entry(int directory, See see) {
  alignas(DirectoryEntry) char buffer[4096];
  long count;
  while ((count = syscall(SYS_getdents64, directory, buffer, sizeof buffer)) > 0)
    for (long at = 0; at < count;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      at += entry->length;
      if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0) continue;
      if (!see(*entry)) return false;
    }
  return count == 0;
}

// Calls see(name) for each entry of a directory of /proc whose name begins with a digit.
template <typename See>
void for_each_number(int directory, See see) {
  for_each_entry(directory, [&](const DirectoryEntry& entry) {
    if (entry.name[0] >= '0' && entry.name[0] <= '9') see(entry.name);
    return true;
  });
}

}  // namespace cloche::init
