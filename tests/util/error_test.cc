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

TEST_CASE("a message moves no cursor by the controls that UTF-8 has, and is UTF-8") {
  const auto shown = [](const std::string& name) {
    return std::string(Error(ErrorKind::usage, name).what());
  };
  CHECK(shown("a\xc2\x9b 31m") == "a?? 31m");             // CSI, as one character
  CHECK(shown("a\x9b 31m") == "a? 31m");                  // and as one byte
  CHECK(shown("\xe2\x80\xae gpj.exe") == "??? gpj.exe");  // from right to left
  CHECK(shown("\xe2\x80\xa8") == "???");                  // a line's end
  CHECK(shown("\xff\xc3") == "??");
  CHECK(shown("\xc0\xaf\xe0\x80\xaf\xed\xa0\x80") == "????????");
  CHECK(shown("\xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0") ==
        "\xe2\x82\xac \xf0\x9f\x98\x80 \xc2\xa0");
}

TEST_CASE("a message ends somewhere") {
  const Error error(ErrorKind::usage, std::string(100'000, 'x'), 0, std::string(100'000, 'y'));
  CHECK(std::string(error.what()).size() < 5000);
  CHECK(error.tried().size() == 100'000);
}
