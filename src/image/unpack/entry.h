// The fields of a tar entry that cloche keeps.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <string>

namespace cloche::unpack {

// Empty for an entry without a path, or with a path that is no text.
std::string path_of(archive_entry* entry);
std::string symlink_of(archive_entry* entry);

// The beginning of 1970 if the entry has no time.
timespec modification_of(archive_entry* entry);

// The mode without set-id and sticky bits, and without write permission for anybody but the owner:
// everyone can enter a store.
mode_t mode_of(archive_entry* entry);
bool has_set_ids(archive_entry* entry);

// Sets those of the entry's attributes on the open file that give no rights and control nothing.
struct AttributeCounts {
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
};
AttributeCounts set_attributes(int fd, archive_entry* entry);

}  // namespace cloche::unpack
