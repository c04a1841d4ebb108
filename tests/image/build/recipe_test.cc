#include "image/build/recipe.h"

#include "catch.h"
#include "image/fixture.h"

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

TEST_CASE("an error in a recipe is reported with its place") {
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
  problem(R"({"suite": "a", "links": {"usr/x": "y"}})");
  problem(R"({"suite": "a", "copy": {"/x": "../../etc/passwd"}})");
  problem(R"({"suite": "a", "copy": {"/x": "/etc/passwd"}})");
  problem(R"({"suite": "a", "packages_from": {"b main; x": ["p"]}})");
  problem(R"({"suite": "a", "packages_from": {"b": ["p'q"]}})");
  problem(R"({"suite": "a", "packages_from": {"b": []}})");
  problem(R"({"suite": "a", "apt": {"X \"y\"": "1"}})");
  problem(R"({"suite": "a", "apt": {"X": "1\"; Y \"2"}})");
  problem(R"({"suite": "a", "supplied": "elsewhere"})");
}

TEST_CASE("a recipe may have other suites, options of apt, npm packages, links and checks") {
  const Recipe recipe = parse(R"({"suite": "trixie",
    "packages_from": {"bookworm": ["nunit-console"]},
    "apt": {"Acquire::Check-Valid-Until": "false"},
    "npm": [{"name": "@s/n", "version": "1.2.3-rc.1", "to": "/opt/n", "archive": "a.tgz",
             "integrity": "sha512-)" +
                              std::string(86, 'A') +
                              R"(=="}],
    "copy": {"/usr/include/x": "x"}, "links": {"/usr/local/bin/n": "/opt/n/bin/n"},
    "check": [["n", "--version"]]})");
  REQUIRE(recipe.other_suites.size() == 1);
  CHECK(recipe.other_suites[0].suite == "bookworm");
  CHECK(recipe.other_suites[0].packages == std::vector<std::string>{"nunit-console"});
  CHECK(recipe.apt.at("Acquire::Check-Valid-Until") == "false");
  REQUIRE(recipe.npm.size() == 1);
  CHECK(recipe.npm[0].name == "@s/n");
  CHECK(recipe.npm[0].version == "1.2.3-rc.1");
  CHECK(recipe.npm[0].archive == "a.tgz");
  CHECK(recipe.npm[0].to == "/opt/n");
  CHECK(recipe.copies.at("/usr/include/x") == "x");
  CHECK(recipe.links.at("/usr/local/bin/n") == "/opt/n/bin/n");
  CHECK(recipe.check == std::vector<std::vector<std::string>>{{"n", "--version"}});
  CHECK(parse(R"({"description": "d", "supplied": "elsewhere"})").supplied == "elsewhere");
}

TEST_CASE("an error in an npm package is reported with its place") {
  const std::string good = "sha512-" + std::string(86, 'A') + "==";
  const auto npm = [&](const std::string& name, const std::string& version,
                       const std::string& integrity, const std::string& more) {
    return problem("{\"suite\": \"a\", \"npm\": [\n{\"name\": \"" + name + "\", \"version\": \"" +
                   version + "\",\n\"integrity\": \"" + integrity + "\"" + more + "}]}");
  };
  const std::string to = ", \"to\": \"/opt/x\"";
  // Names and versions that npm would read as a source other than the registry.
  for (const char* name : {"--x", "git://x/y", "../x", "/x", "a/b", "x y", "A", "file:x"})
    CHECK_THAT(npm(name, "1.0.0", good, to), ContainsSubstring("x/recipe.json:2:10: "));
  for (const char* version : {"latest", "^1.0.0", "1.0", "1.x", "1.0.0 ", "http://x"})
    CHECK_THAT(npm("x", version, good, to), ContainsSubstring("no exact version"));
  for (const char* integrity : {"sha1-xyz", "sha512-short", ""})
    CHECK_THAT(npm("x", "1.0.0", integrity, to), ContainsSubstring("integrity"));
  CHECK_THAT(npm("x", "1.0.0", good, ""), ContainsSubstring("no \"to\""));
  CHECK_THAT(npm("x", "1.0.0", good, ", \"to\": \"/opt/../x\""),
             ContainsSubstring("absolute path"));
  CHECK_THAT(npm("x", "1.0.0", good, to + ",\n\"archive\": \"../x\""),
             ContainsSubstring("x/recipe.json:4:12: "));
  CHECK_THAT(npm("x", "1.0.0", good, to + ", \"url\": \"x\""),
             ContainsSubstring("unknown key \"url\""));
}

TEST_CASE("every recipe that is shipped is good") {
  const std::vector<std::string> names = recipe_names();
  for (const char* name : {"gcc", "node", "python", "python-legacy", "ruby"})
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  for (const std::string& name : names) {
    const Recipe recipe = load_recipe(name);
    CHECK_FALSE(recipe.description.empty());
    CHECK_FALSE(recipe.check.empty());
    CHECK(recipe.packages.empty() == !recipe.supplied.empty());
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
