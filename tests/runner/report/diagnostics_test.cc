#include "runner/report/diagnostics.h"

#include "catch.h"

using namespace cloche::runner;

namespace {

const std::vector<SourcePart> kParts = {{"lib.rs", 3, 2, "setup.rs"},
                                        {"lib.rs", 6, 10, "solution.rs"}};

std::string named(const std::string& text,
                  const std::string& pattern = "(?<file>[^: ]+):(?<line>[0-9]+)") {
  return name_user_lines(text, {pattern}, kParts);
}

}  // namespace

TEST_CASE("lines of a part get its name and their number in it") {
  CHECK(named("at lib.rs:3, ./lib.rs:4 and /workspace/lib.rs:15!") ==
        "at setup.rs:1, setup.rs:2 and solution.rs:10!");
  CHECK(named("lib.rs:2 lib.rs:5 lib.rs:16 x.rs:3") == "lib.rs:2 lib.rs:5 lib.rs:16 x.rs:3");
  CHECK(named("line 7 of lib.rs.", "line (?<line>[0-9]+) of (?<file>[a-z.]+[a-z])") ==
        "line 2 of solution.rs.");
  CHECK(named("lib.rs:99999999999999999999") == "lib.rs:99999999999999999999");
  CHECK(named("lib.rs:3", "(?<file>lib.rs)(?::(?<line>x))?") == "lib.rs:3");
  CHECK(named("", "(?<file>)(?<line>)") == "");
  CHECK(named("lib.rs", "(?<file>)(?<line>)") == "lib.rs");
}

TEST_CASE("the parts of a file are found in its template") {
  Values values;
  values.set("setup", "a\nb\n");
  values.set("solution", "c\nd");
  values.set("other", "x\ny\n");
  const auto parts = source_parts("f", "${other}${setup}\n  ${solution}\n${fixture}", values, "");
  REQUIRE(parts.size() == 2);
  CHECK(parts[0].name == "setup");
  CHECK(parts[0].first == 3);
  CHECK(parts[0].lines == 2);
  CHECK(parts[1].name == "solution");
  CHECK(parts[1].first == 6);
  CHECK(parts[1].lines == 2);
  CHECK(source_parts("f", "${solution}", values, "rs").at(0).name == "solution.rs");
}
