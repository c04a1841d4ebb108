#include "cloche/error.h"

#include <cerrno>
#include <cstring>
#include <string_view>

namespace cloche {

namespace {

// Nothing that is longer is read by anybody.
constexpr std::size_t kMostBytes = 2000;

// How many bytes from `at` on are a character that a terminal shows where it is; 0 if they are
// none: no UTF-8, or a control character, also of the second set (U+0080 to U+009F), or one that
// changes the direction of what follows.
std::size_t printable_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= ' ' && first != 127 ? 1 : 0;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  unsigned character = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    character = character << 6 | (byte(i) & 0x3fU);
  }
  const bool whole = character >= (size == 2   ? 0x80U
                                   : size == 3 ? 0x800U
                                               : 0x10000U) &&
                     character <= 0x10ffff && (character < 0xd800 || character > 0xdfff);
  const bool control = character < 0xa0 || (character >= 0x200e && character <= 0x200f) ||
                       (character >= 0x2028 && character <= 0x202e) ||
                       (character >= 0x2066 && character <= 0x2069);
  return whole && !control ? size : 0;
}

// Names in a message may come from strangers: it is one line and moves no terminal's cursor.
std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    if (line.size() >= kMostBytes) return line + "...";
    const std::size_t size = printable_at(text, at);
    line += size == 0 ? "?" : text.substr(at, size);
    at += size == 0 ? 1 : size;
  }
  return line;
}

std::string message(const std::string& tried, int errnum, const std::string& hint) {
  std::string text = one_line(tried);
  if (errnum != 0) text += std::string(": ") + std::strerror(errnum);
  if (!hint.empty()) text += " (" + one_line(hint) + ")";
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string tried, int errnum, std::string hint)
    : std::runtime_error(message(tried, errnum, hint)),
      kind_(kind),
      tried_(std::move(tried)),
      errnum_(errnum),
      hint_(std::move(hint)) {}

Error Error::from_errno(std::string tried, int errnum, std::string hint) {
  ErrorKind kind = ErrorKind::system;
  if (errnum == ENOSPC || errnum == EDQUOT) kind = ErrorKind::no_space;
  if (errnum == EACCES || errnum == EPERM || errnum == EROFS) kind = ErrorKind::denied;
  return Error(kind, std::move(tried), errnum, std::move(hint));
}

}  // namespace cloche
