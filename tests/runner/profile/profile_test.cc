#include "runner/profile/profile.h"

#include <stdlib.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "util/file.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

const std::string kMinimal = R"({
  "language": "toy", "aliases": ["t", {"name": "toy2", "version": "2.x"}],
  "versions": [{"version": "1", "image": "one"},
               {"version": "2.7", "names": ["2", "2.x"], "image": "two", "variables": {"bin": "x"}}],
  "run": {"files": {"s": "${solution}"}, "run": {"argv": ["${bin}", "s"]}},
  "frameworks": [
    {"name": "old", "versions": ["1"], "run": {"argv": ["a"]}},
    {"name": "new", "aliases": ["n"], "versions": ["2.7"], "run": {"argv": ["b"]}}]
})";

std::string problem(const std::string& json) {
  try {
    parse_profile(json, "toy.json");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_data);
    return error.what();
  }
  return "no error";
}

// The minimal profile with one text replaced by another.
std::string changed(const std::string& what, const std::string& by) {
  std::string json = kMinimal;
  const auto at = json.find(what);
  REQUIRE(at != std::string::npos);
  return json.replace(at, what.size(), by);
}

template <typename Call>
std::string usage_of(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("versions are found by name, and the first is the default") {
  const Profile profile = parse_profile(kMinimal, "toy.json");
  CHECK(profile.find_version("").version == "1");
  CHECK(profile.find_version("2.7").version == "2.7");
  CHECK(profile.find_version("2.x").version == "2.7");
  const std::string error = usage_of([&] { profile.find_version("9"); });
  CHECK_THAT(error, ContainsSubstring("9"));
  CHECK_THAT(error, ContainsSubstring("1, 2.7 (or 2, 2.x)"));
}

TEST_CASE("frameworks are found by name or alias, for their versions") {
  const Profile profile = parse_profile(kMinimal, "toy.json");
  CHECK(profile.find_framework("", "1").name == "old");
  CHECK(profile.find_framework("", "2.7").name == "new");
  CHECK(profile.find_framework("n", "2.7").name == "new");
  const std::string error = usage_of([&] { profile.find_framework("n", "1"); });
  CHECK_THAT(error, ContainsSubstring("Test framework is not supported: n"));
  CHECK_THAT(error, ContainsSubstring("frameworks of toy 1: old"));
  const Profile otherwise =
      parse_profile(changed("\"name\": \"old\",", "\"name\": \"old\", \"otherwise\": true,"), "x");
  CHECK(otherwise.find_framework("whatever", "1").name == "old");
}

TEST_CASE("mistakes in profiles are told with their place") {
  CHECK_THAT(problem("{\n\"language\": }"), ContainsSubstring("toy.json: line 2, column 13"));
  CHECK_THAT(problem("{}"), ContainsSubstring("the key \"language\" is missing"));
  CHECK_THAT(problem(changed("\"aliases\"", "\"alias\"")),
             ContainsSubstring("toy.json: at /alias: unknown key (known here: language,"));
  CHECK_THAT(problem(changed("\"image\": \"two\"", "\"image\": 2")),
             ContainsSubstring("at /versions/1/image: a string is wanted, not a number"));
  CHECK_THAT(problem(changed("${bin}", "${bim}")),
             ContainsSubstring("at /run/run/argv/0: unknown placeholder ${bim}"));
  CHECK_THAT(problem(changed("[\"a\"]", "[]")),
             ContainsSubstring("at /frameworks/0/run/argv: a program is missing"));
  CHECK_THAT(problem(changed("\"versions\": [\"1\"]", "\"versions\": [\"3\"]")),
             ContainsSubstring("there is no version 3"));
  CHECK_THAT(problem(changed("[\"a\"]", "[{\"if\": \"nothing\", \"argv\": [\"a\"]}]")),
             ContainsSubstring("/frameworks/0/run/argv/0/if"));
  CHECK_THAT(
      problem(changed("{\"bin\": \"x\"}", "{\"bin\": \"x\"}, \"elsewhere\": {\"bim\": \"y\"}")),
      ContainsSubstring("at /versions/1/elsewhere: \"bim\" is none of the version's variables"));
}

TEST_CASE("profiles are found by file name, then by alias") {
  std::string directory = "/tmp/cloche-test-XXXXXX";
  REQUIRE(::mkdtemp(directory.data()) != nullptr);
  cloche::replace_file(directory + "/toy.json", kMinimal);
  // This profile must not be read when "toy" is asked for.
  cloche::replace_file(directory + "/broken.json", "{");
  CHECK(find_profile("toy", directory).profile.language == "toy");
  CHECK(find_profile("t", directory).profile.language == "toy");
  CHECK(find_profile("t", directory).implied_version == "");
  CHECK(find_profile("toy2", directory).implied_version == "2.x");
  const std::string error = usage_of([&] { find_profile("perl6", directory); });
  CHECK_THAT(error, ContainsSubstring("find the language \"perl6\""));
  CHECK_THAT(error, ContainsSubstring("broken, toy"));
  for (const char* name : {"", "../toy", "/etc/passwd", "toy.json/", ".", "TOY\n"})
    CHECK_THAT(usage_of([&] { find_profile(name, directory); }), ContainsSubstring("toy"));
  std::filesystem::remove_all(directory);
}

TEST_CASE("a mode can be warm if it has a reporter") {
  const std::string warm =
      changed(R"("run": {"argv": ["b"]}})", R"("run": {"argv": ["b"]}, "warm": true})");
  const Profile profile = parse_profile(warm, "toy.json");
  CHECK(profile.find_framework("new", "2.7").mode.warm);
  CHECK_FALSE(profile.find_framework("old", "1").mode.warm);
  CHECK_THAT(problem(changed(R"("run": {"argv": ["b"]}})",
                             R"("run": {"argv": ["b"]}, "reporter": false, "warm": true})")),
             ContainsSubstring("only a mode with a reporter can be warm"));
}
