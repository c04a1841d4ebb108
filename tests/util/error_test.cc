#include "cloche/error.h"

#include <cerrno>

#include "catch.h"

using cloche::Error;
using cloche::ErrorKind;

TEST_CASE("an error names what was tried, errno in words and the hint") {
  const Error error = Error::from_errno("open /a", ENOENT, "make it first");
  CHECK(std::string(error.what()) == "open /a: No such file or directory (make it first)");
  CHECK(error.kind() == ErrorKind::system);
}

TEST_CASE("errno decides the kind") {
  CHECK(Error::from_errno("write", ENOSPC).kind() == ErrorKind::no_space);
  CHECK(Error::from_errno("write", EDQUOT).kind() == ErrorKind::no_space);
  CHECK(Error::from_errno("open", EACCES).kind() == ErrorKind::denied);
  CHECK(Error::from_errno("open", EPERM).kind() == ErrorKind::denied);
  CHECK(Error::from_errno("open", EROFS).kind() == ErrorKind::denied);
}

TEST_CASE("a message is one line, whatever the names in it hold") {
  const Error error = Error::from_errno("open \x1b[2J/a\nb\x7f\xc3\xa9", ENOENT, "c\td");
  CHECK(std::string(error.what()) == "open ?[2J/a?b?\xc3\xa9: No such file or directory (c?d)");
  CHECK(error.tried() == "open \x1b[2J/a\nb\x7f\xc3\xa9");
}
