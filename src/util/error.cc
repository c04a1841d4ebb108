#include "cloche/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cloche {

namespace {

std::string message(const std::string& tried, int errnum, const std::string& hint) {
  std::string text = tried;
  if (errnum != 0) text += std::string(": ") + std::strerror(errnum);
  if (!hint.empty()) text += " (" + hint + ")";
  // Names in it may come from strangers: a message is one line and moves no terminal's cursor.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char byte) { return byte < ' ' || byte == 127; }, '?');
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
