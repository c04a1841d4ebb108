#include "cloche/error.h"

#include <cerrno>
#include <cstring>
#include <string_view>

#include "util/printable.h"

namespace cloche {

namespace {

// Longer messages are cut: nobody reads them.
constexpr std::size_t kMostBytes = 2000;

// A message may contain names from outside, so it is made one line without control characters.
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
