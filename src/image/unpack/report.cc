#include "image/unpack/report.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "util/file.h"

namespace cloche::unpack {

Failure Failure::from_errno(const std::string& tried, int errnum) {
  std::string kind = "system";
  if (errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG) kind = "no_space";
  if (errnum == EACCES || errnum == EPERM || errnum == EROFS) kind = "denied";
  if (errnum == ENAMETOOLONG || errnum == ENOTDIR || errnum == ELOOP) kind = "image_corrupt";
  return Failure(kind, tried + ": " + std::strerror(errnum));
}

void report(const std::string& key, const std::string& value) {
  std::string line = key;
  if (!value.empty()) line += " " + value;
  // The text may come from an image, so it must not contain a second line.
  for (char& byte : line)
    if (byte == '\n') byte = ' ';
  write_all(STDOUT_FILENO, line + "\n", "the report");
}

void report(const std::string& key, std::uint64_t value) {
  report(key, std::to_string(value));
}

std::string shown(const std::string& text) {
  constexpr std::size_t kMost = 200;
  std::string safe;
  for (const char byte : text) {
    if (safe.size() >= kMost) return safe + "...";
    if (byte >= ' ' && byte < 127 && byte != '\\') {
      safe += byte;
    } else {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(byte));
      safe += escaped;
    }
  }
  return safe;
}

}  // namespace cloche::unpack
