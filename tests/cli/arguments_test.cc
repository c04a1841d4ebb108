#include "cli/arguments.h"

#include "catch.h"

using cloche::cli::expand_short_options;
using Words = std::vector<std::string>;

TEST_CASE("short options of several letters get their long names") {
  CHECK(expand_short_options({"run", "-l", "python", "-lv", "3.6", "-fmt", "json", "-sh", "ls",
                              "-srv", "redis"}) == Words{"run", "-l", "python", "--languageVersion",
                                                         "3.6", "--format", "json", "--shell", "ls",
                                                         "--services", "redis"});
  CHECK(expand_short_options({"run", "-lv=3.6"}) == Words{"run", "--languageVersion=3.6"});
}

TEST_CASE("values are left alone") {
  CHECK(expand_short_options({"run", "-c", "-lv", "-d", "-lv", "3"}) ==
        Words{"run", "-c", "-lv", "-d", "--languageVersion", "3"});
  CHECK(expand_short_options({"run", "--code=x", "-lv", "3"}) ==
        Words{"run", "--code=x", "--languageVersion", "3"});
  CHECK(expand_short_options({"run", "-lv", "-fmt", "-fmt", "json"}) ==
        Words{"run", "--languageVersion", "-fmt", "--format", "json"});
  CHECK(expand_short_options({"run", "--check", "-fmt", "json"}) ==
        Words{"run", "--check", "--format", "json"});
  CHECK(expand_short_options({"run", "--", "-lv"}) == Words{"run", "--", "-lv"});
  CHECK(expand_short_options({"run", "-"}) == Words{"run", "-"});
}

TEST_CASE("other commands are left alone") {
  CHECK(expand_short_options({"exec", "ls", "-lv"}) == Words{"exec", "ls", "-lv"});
  CHECK(expand_short_options({}) == Words{});
}
