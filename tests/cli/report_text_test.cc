#include "cli/report_text.h"

#include "catch.h"

using cloche::cli::normalised;

TEST_CASE("text is composed line by line") {
  CHECK(normalised("a\nb") == "a\nb");
  CHECK(normalised("e\xcc\x81\n") == "\xc3\xa9\n");
  CHECK(normalised("x\ne\xcc\x81") == "x\n\xc3\xa9");
  CHECK(normalised("") == "");
}

TEST_CASE("lines that are not UTF-8 are left as they are") {
  CHECK(normalised("\xff\ne\xcc\x81\n") == "\xff\n\xc3\xa9\n");
  const std::string zero("e\xcc\x81\0z\n", 6);
  CHECK(normalised(zero) == std::string("\xc3\xa9\0z\n", 5));
}
