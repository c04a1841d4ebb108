// The fields of a tar entry that cloche keeps.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <string>

namespace cloche::unpack {

// Empty where it says none, or one that is no text.
std::string path_of(archive_entry* entry);
std::string symlink_of(archive_entry* entry);

// The beginning of 1970 where it says none.
timespec modification_of(archive_entry* entry);

// Without set-id and sticky bits, and without leave to write for anybody but the owner: a store can
// be entered by everyone.
mode_t mode_of(archive_entry* entry);
bool has_set_ids(archive_entry* entry);

// Gives the open file those of the entry's attributes that give no rights and steer nothing.
struct AttributeCounts {
  std::uint64_t kept = 0;
  std::uint64_t dropped = 0;
};
AttributeCounts set_attributes(int fd, archive_entry* entry);

}  // namespace cloche::unpack
