#include "runner/report/clean.h"

#include "catch.h"
#include "cloche/error.h"

using cloche::runner::clean;
using cloche::runner::CleanRule;
using cloche::runner::hide;

TEST_CASE("every match is replaced, rule after rule") {
  CHECK(clean("a1b22c", {{"\\d+", "#"}}) == "a#b#c");
  CHECK(clean("a1b22c", {{"\\d+", ""}, {"bc", "x"}}) == "ax");
  CHECK(clean("", {{"x*", "y"}}) == "");
  CHECK(clean("abc", {}) == "abc");
}

TEST_CASE("replacements can use the groups") {
  CHECK(clean("File \"a.py\", line 3", {{"File \"([^\"]*)\", line (\\d+)", "$1:$2"}}) == "a.py:3");
  CHECK(clean("x", {{"x", "$$1 $& $9 $"}}) == "$1 x  $");
}

TEST_CASE("empty matches move on") {
  CHECK(clean("abc", {{"x*", "-"}}) == "-a-b-c-");
  CHECK(clean("a\nb", {{"(?m)^", "> "}}) == "> a\n> b");
}

TEST_CASE("any bytes can be cleaned") {
  const std::string bytes("\xff\x00path\xfe", 7);
  CHECK(clean(bytes, {{"path", ""}}) == std::string("\xff\x00\xfe", 3));
}

TEST_CASE("a broken rule is told") {
  try {
    clean("x", {{"(", ""}});
    FAIL("no error");
  } catch (const cloche::Error& error) {
    CHECK(error.kind() == cloche::ErrorKind::bad_data);
    CHECK_THAT(error.what(), ContainsSubstring("\"(\""));
  }
}

TEST_CASE("lines of ten megabytes are cleaned") {
  const std::string line(10'000'000, 'a');
  CHECK(clean(line + "END", {{"END$", ""}}).size() == line.size());
  CHECK(clean(line, {{"a+", "b"}}) == "b");
  CHECK(clean(line, {{"(a|b)*", "c"}}).size() < line.size() + 2);
}

TEST_CASE("a rule that would take for ever gives up and keeps the text") {
  const std::string line(10'000'000, 'a');
  // Rules that take quadratic and exponential time.
  CHECK(clean(line, {{"a[^b]*b", "x"}}) == line);
  CHECK(clean(line, {{"a++b", "x"}}) == line);
  CHECK(clean(line, {{"(a+)+b", "x"}}) == line);
  CHECK(clean(line, {{"File \"[^\"\\n]*\", line", "x"}}) == line);
}

TEST_CASE("hidden texts are taken out once") {
  const std::string secret = "function secret() {}";
  CHECK(hide("a" + secret + "b" + secret, {secret}) == "ab" + secret);
  CHECK(hide("a;b", {";"}) == "a;b");
  CHECK(hide("nothing", {secret}) == "nothing");
}
