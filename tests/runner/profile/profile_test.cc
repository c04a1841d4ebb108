#include "runner/profile/profile.h"

#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <filesystem>

#include "catch.h"
#include "cloche/error.h"
#include "util/file.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

const std::string kMinimal = R"({
  "language": "toy",
  "versions": [{"version": "1", "image": "one"},
               {"version": "2.7", "names": ["2", "2.x"], "image": "two", "variables": {"bin": "x"}}],
  "run": {"files": {"s": "${solution}"}, "run": {"argv": ["${bin}", "s"]}},
  "frameworks": [
    {"name": "old", "versions": ["1"], "run": {"argv": ["a"]}},
    {"name": "new", "aliases": ["n"], "versions": ["2.7"], "run": {"argv": ["b"]}}]
})";

std::string profile_problem(const std::string& json) {
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
  CHECK_THAT(profile_problem("{\n\"language\": }"),
             ContainsSubstring("toy.json: line 2, column 13"));
  CHECK_THAT(profile_problem("{}"), ContainsSubstring("the key \"language\" is missing"));
  CHECK_THAT(profile_problem(changed("\"versions\": [{", "\"version\": [{")),
             ContainsSubstring("toy.json: at /version: unknown key (the nearest known is "
                               "\"versions\"; known here: language,"));
  CHECK_THAT(profile_problem(changed("\"image\": \"two\"", "\"image\": 2")),
             ContainsSubstring("at /versions/1/image: a string is wanted, not a number"));
  CHECK_THAT(profile_problem(changed("${bin}", "${bim}")),
             ContainsSubstring("at /run/run/argv/0: unknown placeholder ${bim} (the nearest known "
                               "is ${bin})"));
  CHECK_THAT(profile_problem(changed("[\"a\"]", "[]")),
             ContainsSubstring("at /frameworks/0/run/argv: a program is missing"));
  CHECK_THAT(profile_problem(changed("\"versions\": [\"1\"]", "\"versions\": [\"3\"]")),
             ContainsSubstring("there is no version 3"));
  CHECK_THAT(profile_problem(changed("[\"a\"]", "[{\"if\": \"nothing\", \"argv\": [\"a\"]}]")),
             ContainsSubstring("/frameworks/0/run/argv/0/if"));
  CHECK_THAT(
      profile_problem(
          changed("{\"bin\": \"x\"}", "{\"bin\": \"x\"}, \"elsewhere\": {\"bim\": \"y\"}")),
      ContainsSubstring("at /versions/1/elsewhere: \"bim\" is none of the version's variables"));
}

TEST_CASE("modes share named layouts") {
  const auto layouts = [](const std::string& files, const std::string& others = "") {
    return changed("\"run\": {\"files\": {\"s\": \"${solution}\"}",
                   "\"layouts\": {\"code\": {\"a\": \"${setup}\", \"s\": \"${solution}\"}" +
                       others + "}, \"run\": {\"files\": " + files);
  };
  const auto paths = [](const Mode& mode) {
    std::string list;
    for (const FileTemplate& file : mode.files) list += file.path + " ";
    return list;
  };
  CHECK(paths(parse_profile(layouts("\"code\""), "toy.json").run) == "a s ");
  CHECK(paths(parse_profile(layouts("[{\"x\": \"\"}, \"code\", {\"y\": \"\"}]"), "").run) ==
        "x a s y ");
  CHECK_THAT(profile_problem(layouts("\"cod\"")),
             ContainsSubstring("at /run/files: there is no layout \"cod\" (the nearest known is "
                               "\"code\")"));
  CHECK_THAT(profile_problem(changed("{\"s\": \"${solution}\"}", "\"code\"")),
             ContainsSubstring("there is no layout \"code\": the profile has none"));
  CHECK_THAT(profile_problem(layouts("\"code\"", ", \"more\": {}")),
             ContainsSubstring("at /layouts/more: no mode uses this layout"));
}

TEST_CASE("the adapter's directory is a placeholder, and files come from it") {
  const auto with = [](const std::string& file, const std::string& adapter) {
    return changed("\"run\": {\"files\": {\"s\": \"${solution}\"}",
                   adapter + "\"run\": {\"files\": {\"s\": " + file + "}");
  };
  const std::string adapter = "\"adapter\": \"python\", ";
  CHECK(parse_profile(with("{\"adapter\": \"run.py\"}", adapter), "").run.files[0].adapter ==
        "run.py");
  CHECK(parse_profile(with("\"${adapter}\"", adapter), "").run.files[0].text == "${adapter}");
  CHECK_THAT(profile_problem(with("\"${adapter}\"", "")), ContainsSubstring("unknown placeholder"));
  CHECK_THAT(profile_problem(with("{\"adapter\": \"run.py\"}", "")),
             ContainsSubstring("at /run/files/s/adapter: unknown placeholder ${adapter}"));
  CHECK_THAT(profile_problem(with("{\"adapter\": \"a\", \"text\": \"\"}", adapter)),
             ContainsSubstring("not both"));
  for (const char* path : {"", "/etc/passwd", "..", "a/../../b"})
    CHECK_THAT(profile_problem(with("{\"adapter\": \"" + std::string(path) + "\"}", adapter)),
               ContainsSubstring("name a file below the directory of the adapter"));
  CHECK_THAT(profile_problem(changed("\"language\": \"toy\"",
                                     "\"language\": \"toy\", \"adapter\": \"../profiles\"")),
             ContainsSubstring("at /adapter: this cannot be the name of a directory"));
}

TEST_CASE("a mode has the limits of its profile and its own") {
  const std::string json =
      changed("\"run\": {\"files\"",
              "\"limits\": {\"wall_ms\": 1000, \"memory_mb\": 64}, "
              "\"run\": {\"limits\": {\"wall_ms\": 2000, \"compile_wall_ms\": 3000, "
              "\"compile_memory_mb\": 128, \"tasks\": 9}, \"files\"");
  const Profile profile = parse_profile(json, "toy.json");
  const ModeLimits& other = profile.frameworks[0].mode.limits;
  CHECK(other.run.wall_time == std::chrono::seconds(1));
  CHECK(other.compile_wall == std::chrono::seconds(30));
  CHECK(other.run.memory_bytes == 64u << 20);
  CHECK_FALSE(other.compile_memory_bytes);
  CHECK(profile.run.limits.run.wall_time == std::chrono::seconds(2));
  CHECK(profile.run.limits.compile_wall == std::chrono::seconds(3));
  CHECK(profile.run.limits.run.memory_bytes == 64u << 20);
  CHECK(profile.run.limits.compile_memory_bytes == 128u << 20);
  CHECK(profile.run.limits.run.tasks == 9);
  CHECK_THAT(profile_problem(changed("\"run\": {\"files\"",
                                     "\"run\": {\"limits\": {\"memory\": 64}, \"files\"")),
             ContainsSubstring("at /run/limits/memory: unknown key (the nearest known is "
                               "\"memory_mb\""));
}

TEST_CASE("names from the code are described strictly") {
  const auto with = [](const std::string& rule, const std::string& use = "${class}") {
    return changed("\"run\": {\"files\": {\"s\": \"${solution}\"}",
                   "\"names\": {\"class\": " + rule + "}, \"run\": {\"files\": {\"" + use +
                       "\": \"${solution}\"}");
  };
  const std::string match = "\"from\": \"solution\", \"match\": \"class (\\\\w+)\"";
  CHECK(parse_profile(with("{" + match + ", \"error\": \"none\"}"), "").names[0].error == "none");
  CHECK(parse_profile(with("{" + match + ", \"default\": \"A\"}"), "").names[0].otherwise == "A");
  CHECK_THAT(profile_problem(with("{" + match + "}")),
             ContainsSubstring("at /names/class: the key \"error\" is missing"));
  CHECK_THAT(profile_problem(with("{" + match + ", \"default\": \"A\", \"error\": \"none\"}")),
             ContainsSubstring("cannot be wrong"));
  CHECK_THAT(profile_problem(with("{" + match + ", \"default\": \"A\"}", "x")),
             ContainsSubstring("at /names/class: no mode uses this name"));
  CHECK_THAT(profile_problem(with("{\"from\": \"code\", \"match\": \"x\", \"default\": \"A\"}")),
             ContainsSubstring("at /names/class/from: names are taken from setup, solution or"));
  CHECK_THAT(profile_problem(with("{\"from\": \"setup\", \"match\": \"(\", \"default\": \"A\"}")),
             ContainsSubstring("at /names/class/match: "));
  CHECK_THAT(profile_problem(with("{" + match +
                                  ", \"default\": \"A\", "
                                  "\"unlike\": {\"name\": \"other\", \"error\": \"\"}}")),
             ContainsSubstring("no name before this one is called \"other\""));
  CHECK_THAT(profile_problem(
                 changed("\"run\": {\"files\"", "\"names\": {\"bin\": {}}, \"run\": {\"files\"")),
             ContainsSubstring("at /names/bin: there is a placeholder of this name already"));
}

TEST_CASE("patterns of diagnostics have their groups") {
  const auto with = [](const std::string& pattern) {
    return changed("\"language\": \"toy\"",
                   "\"language\": \"toy\", \"diagnostics\": [\"" + pattern + "\"]");
  };
  CHECK(parse_profile(with("(?<file>a):(?<line>1)"), "").diagnostics.size() == 1);
  CHECK_THAT(profile_problem(with("(?<file>a)")),
             ContainsSubstring("at /diagnostics/0: the groups (?<file>...) and (?<line>...)"));
  CHECK_THAT(profile_problem(with("(")), ContainsSubstring("at /diagnostics/0: "));
}

TEST_CASE("environments may hold only placeholders that exist") {
  CHECK_THAT(profile_problem(changed("\"image\": \"two\"",
                                     "\"image\": \"two\", \"environment\": {\"A\": \"${x}\"}")),
             ContainsSubstring("at /versions/1/environment/A: unknown placeholder ${x}"));
}

namespace {

// The names of files in a directory that are opened while `call` runs.
template <typename Call>
std::vector<std::string> opened(const std::string& directory, const Call& call) {
  const int watch = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  REQUIRE(watch >= 0);
  REQUIRE(::inotify_add_watch(watch, directory.c_str(), IN_OPEN) >= 0);
  call();
  alignas(inotify_event) char events[65536];
  const ssize_t size = ::read(watch, events, sizeof events);
  ::close(watch);
  std::vector<std::string> names;
  for (ssize_t at = 0; at < size;) {
    const auto* event = reinterpret_cast<const inotify_event*>(events + at);
    if (event->len > 0) names.emplace_back(event->name);
    at += static_cast<ssize_t>(sizeof *event) + event->len;
  }
  return names;
}

}  // namespace

TEST_CASE("profiles are found by file name, then by alias") {
  std::string root = "/tmp/cloche-test-XXXXXX";
  REQUIRE(::mkdtemp(root.data()) != nullptr);
  const std::string directory = root + "/languages";
  cloche::replace_file(directory + "/toy.json", kMinimal);
  for (const char* name : {"a", "b", "zebra"})
    cloche::replace_file(directory + "/" + name + ".json", "{");
  CHECK_THAT(usage_of([&] { find_profile("t", directory); }), ContainsSubstring("a, b, toy"));
  cloche::replace_file(root + "/aliases.json",
                       R"({"t": "toy", "toy2": {"language": "toy", "version": "2.x"}})");
  using Names = std::vector<std::string>;
  CHECK(opened(directory, [&] { find_profile("toy", directory); }) == Names{"toy.json"});
  CHECK(opened(root, [&] { find_profile("toy", directory); }).empty());
  CHECK(opened(directory, [&] { find_profile("t", directory); }) == Names{"toy.json"});
  CHECK(opened(root, [&] { find_profile("t", directory); }) == Names{"aliases.json"});
  CHECK(find_profile("t", directory).profile.language == "toy");
  CHECK(find_profile("t", directory).implied_version == "");
  CHECK(find_profile("toy2", directory).implied_version == "2.x");
  const std::string error = usage_of([&] { find_profile("toys", directory); });
  CHECK_THAT(error, ContainsSubstring("find the language \"toys\""));
  CHECK_THAT(error, ContainsSubstring("the nearest known is toy; languages: a, b, toy, zebra"));
  for (const char* name : {"", "../toy", "/etc/passwd", "toy.json/", ".", "TOY\n"})
    CHECK_THAT(usage_of([&] { find_profile(name, directory); }), ContainsSubstring("toy"));
  std::filesystem::remove_all(root);
}

TEST_CASE("the index of aliases is read strictly") {
  const auto problem_of = [](const std::string& json) {
    try {
      parse_aliases(json, "aliases.json");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::bad_data);
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(problem_of(R"({"t": "toy"})") == "no error");
  CHECK_THAT(problem_of(R"(["t"])"), ContainsSubstring("an object is wanted"));
  CHECK_THAT(problem_of(R"({"t": 1})"), ContainsSubstring("aliases.json: at /t"));
  CHECK_THAT(problem_of(R"({"t": {"language": "toy"}})"), ContainsSubstring("\"version\""));
  CHECK_THAT(problem_of(R"({"t": {"langage": "toy"}})"),
             ContainsSubstring("the nearest known is \"language\""));
  CHECK_THAT(problem_of(R"({"T": "toy"})"), ContainsSubstring("at /T: this cannot be the name"));
  CHECK_THAT(problem_of(R"({"t": "../toy"})"), ContainsSubstring("at /t: this cannot be the name"));
}

TEST_CASE("a mode can be warm if it has a reporter") {
  const std::string warm =
      changed(R"("run": {"argv": ["b"]}})", R"("run": {"argv": ["b"]}, "warm": true})");
  const Profile profile = parse_profile(warm, "toy.json");
  CHECK(profile.find_framework("new", "2.7").mode.warm);
  CHECK_FALSE(profile.find_framework("old", "1").mode.warm);
  CHECK_THAT(
      profile_problem(changed(R"("run": {"argv": ["b"]}})",
                              R"("run": {"argv": ["b"]}, "reporter": false, "warm": true})")),
      ContainsSubstring("only a mode with a reporter can be warm"));
  CHECK_THAT(profile_problem(
                 changed(R"("run": {"argv": ["b"]}})",
                         R"("run": {"argv": ["b"]}, "convert": {"argv": ["c"]}, "warm": true})")),
             ContainsSubstring("at /frameworks/1/convert: a warm mode reports on the channel"));
}
