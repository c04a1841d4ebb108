#include "image/recipe.h"

#include "catch.h"
#include "fixture.h"

using namespace cloche;
using namespace cloche::image;

namespace {

Recipe parse(const std::string& own, const std::string& base = "{}") {
  return parse_recipe("x", base, "base.json", own, "x/recipe.json");
}

std::string problem(const std::string& own, const std::string& base = "{}") {
  const Error error = test::error_of([&] { parse(own, base); });
  CHECK(error.kind() == ErrorKind::bad_data);
  return error.what();
}

}  // namespace

TEST_CASE("a recipe adds to the base") {
  const Recipe recipe = parse(
      R"({"suite": "trixie", "packages": ["b"], "environment": {"B": "2"}, "description": "d",
          "prewarm": [["go", "build"]]})",
      R"({"packages": ["a"], "environment": {"A": "1", "B": "1"}, "variant": "essential",
          "source_date_epoch": 5})");
  CHECK(recipe.packages == std::vector<std::string>{"a", "b"});
  CHECK(recipe.environment == std::map<std::string, std::string>{{"A", "1"}, {"B", "2"}});
  CHECK(recipe.variant == "essential");
  CHECK(recipe.source_date_epoch == 5);
  REQUIRE(recipe.prewarm.size() == 1);
  CHECK(recipe.prewarm[0] == std::vector<std::string>{"go", "build"});
}

TEST_CASE("what is wrong with a recipe is said with its place") {
  CHECK(problem("{\n  \"suite\": \"trixie\",\n  \"pakages\": []\n}") ==
        "x/recipe.json:3:3: unknown key \"pakages\"");
  CHECK_THAT(problem("{\n \"suite\": }"), ContainsSubstring("x/recipe.json:2:11"));
  CHECK_THAT(problem("{\"suite\": 7}"), ContainsSubstring("x/recipe.json:1:2"));
  CHECK_THAT(problem("{\"suite\": \"a\", \"packages\": \"b\"}"),
             ContainsSubstring("list of strings"));
  CHECK_THAT(problem("{}"), ContainsSubstring("\"suite\" is missing"));
  CHECK_THAT(problem("[]"), ContainsSubstring("object"));
  CHECK_THAT(problem("{\"suite\": \"a\"}", "{\"x\": 1}"), ContainsSubstring("base.json:1:2"));
}

TEST_CASE("nothing of a recipe is taken for an option or for shell") {
  problem(R"({"suite": "--mode=chrootless"})");
  problem(R"({"suite": "a", "packages": ["--x"]})");
  problem(R"({"suite": "a", "packages": ["a; rm -rf /"]})");
  problem(R"({"suite": "a", "remove": ["/../etc"]})");
  problem(R"({"suite": "a", "remove": ["/"]})");
  problem(R"({"suite": "a", "remove": ["/x; y"]})");
  problem(R"({"suite": "a", "source_date_epoch": 1e999})");
  problem(R"({"suite": "a", "files": {"/../etc/x": ""}})");
}

TEST_CASE("every recipe that is shipped is good") {
  const std::vector<std::string> names = recipe_names();
  for (const char* name : {"gcc", "node", "python", "python-legacy", "ruby"})
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  for (const std::string& name : names) {
    const Recipe recipe = load_recipe(name);
    CHECK_FALSE(recipe.description.empty());
    CHECK_FALSE(recipe.packages.empty());
  }
}

TEST_CASE("a recipe that does not exist") {
  for (const char* name : {"riddle", "..", "../rootfs/python", ""}) {
    CHECK_FALSE(has_recipe(name));
    const Error error = test::error_of([&] { load_recipe(name); });
    CHECK(error.kind() == ErrorKind::image_missing);
    CHECK_THAT(error.what(), ContainsSubstring("python-legacy"));
  }
}
