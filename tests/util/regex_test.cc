// Regular expressions and mistyped names.
#include "util/regex.h"

#include "catch.h"
#include "cloche/error.h"
#include "util/nearest.h"

using namespace cloche;

TEST_CASE("a regular expression finds spans and groups") {
  RegexBudget budget{1'000'000};
  Regex regex("(?<word>b+)(x)?");
  REQUIRE(regex.find("aabbc", 0, budget));
  CHECK(regex.group(0)->begin == 2);
  CHECK(regex.group(0)->end == 4);
  CHECK(regex.group(1)->begin == 2);
  CHECK_FALSE(regex.group(2));
  CHECK_FALSE(regex.group(3));
  CHECK(regex.group_named("word") == 1u);
  CHECK_FALSE(regex.group_named("line"));
  CHECK_FALSE(regex.find("aabbc", 4, budget));
  CHECK_FALSE(regex.find({}, 0, budget));
  CHECK_FALSE(budget.exhausted);
  CHECK_THROWS_AS(Regex("("), Error);
}

TEST_CASE("a search ends when its budget is used up") {
  RegexBudget budget{1'000'000};
  Regex regex("(?:a|aa)+$");
  CHECK_FALSE(regex.find(std::string(100'000, 'a') + "b", 0, budget));
  CHECK(budget.exhausted);
  CHECK(budget.left == 0);
}

TEST_CASE("the nearest name has the fewest letters to change") {
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(nearest_name("argc", {"if", "argv", "each"}) == "argv");
  CHECK(nearest_name("x", {}) == "");
  // Only the first 60 bytes count.
  CHECK(edit_distance(std::string(1'000'000, 'a'), std::string(61, 'a')) == 0);
}
