#include "image/unpack/entry.h"

#include <sys/stat.h>
#include <sys/xattr.h>

#include <string_view>

namespace cloche::unpack {

namespace {

std::string text_of(const char* text, const char* utf8) {
  if (text != nullptr) return text;
  if (utf8 != nullptr) return utf8;
  return {};
}

// Attributes of security.* would give rights (file capabilities). trusted.overlay.* controls
// overlayfs, and so does user.overlay.* if an ordinary user mounts it.
bool is_harmless(std::string_view name) {
  return name.starts_with("user.") && !name.starts_with("user.overlay.");
}

}  // namespace

std::string path_of(archive_entry* entry) {
  return text_of(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
}

std::string symlink_of(archive_entry* entry) {
  return text_of(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
}

timespec modification_of(archive_entry* entry) {
  timespec time{};
  if (archive_entry_mtime_is_set(entry)) {
    time.tv_sec = archive_entry_mtime(entry);
    time.tv_nsec = archive_entry_mtime_nsec(entry);
  }
  return time;
}

mode_t mode_of(archive_entry* entry) {
  return archive_entry_perm(entry) & 0755;
}

bool has_set_ids(archive_entry* entry) {
  return (archive_entry_perm(entry) & (S_ISUID | S_ISGID)) != 0;
}

AttributeCounts set_attributes(int fd, archive_entry* entry) {
  AttributeCounts attributes;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    const bool kept =
        name != nullptr && is_harmless(name) && ::fsetxattr(fd, name, value, size, 0) == 0;
    ++(kept ? attributes.kept : attributes.dropped);
  }
  return attributes;
}

}  // namespace cloche::unpack
