// Runs the cases below this directory, one JSON file or more a language, through the real `cloche`.
//
// A file is an array of cases:
//   {"title": "...", "versions": [...], "request": {an options object}, "expect": {EXPECTATIONS}}
// A case runs once for each of its "versions", which are versions of the language. Without them it
// runs once, as its request says.
// A file in conformance/ is for one framework:
//   {"language": "...", "framework": "...", "situations": {NAME: [CASES] or {"impossible": "why"}}}
// with a member for each situation of conformance/situations.json. Its cases have no title,
// language or framework of their own.
// EXPECTATIONS has any of
//   "stdout", "stderr"   a text that must be equal, or an object of
//                        "contains" and "lacks" (lists of texts), "matches" (a regular expression)
//   "verdict"            the status of the result's verdict
//   "counts"             an object whose members the result's counts must have; "assertions_passed"
//                        stands for the result's "assertionsPassed"
//   any other name       a value that the result's member of that name must be equal to
// Durations in stdout are compared by their form only: 1.25 as N.NN, 13 as nothing.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.h"
#include "cloche/runner.h"

namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

std::string setting(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

const fs::path kCases = setting("CLOCHE_ADAPTER_CASES", CLOCHE_ADAPTER_CASES);
const fs::path kProfiles = kCases / "../../profiles/languages";
const std::string kProgram = setting("CLOCHE_PROGRAM", CLOCHE_PROGRAM);

// The output of `cloche run --request - --format json` for this input.
std::string run_cloche(const std::string& input) {
  const int in = memfd_create("request", MFD_CLOEXEC);
  int out[2];
  if (in < 0 || write(in, input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      lseek(in, 0, SEEK_SET) != 0 || pipe2(out, O_CLOEXEC) != 0)
    throw std::runtime_error("cannot prepare the request");
  const pid_t child = fork();
  if (child == 0) {
    dup2(in, 0);
    dup2(out[1], 1);
    execl(kProgram.c_str(), kProgram.c_str(), "run", "--request", "-", "--format", "json", nullptr);
    _exit(127);
  }
  close(in);
  close(out[1]);
  std::string text;
  char buffer[65536];
  for (ssize_t count; (count = read(out[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(count));
  close(out[0]);
  waitpid(child, nullptr, 0);
  return text;
}

std::string without_durations(const std::string& text) {
  static const std::regex duration("<COMPLETEDIN::>(\\d+)(\\.(\\d+))?(?=\n)");
  std::string result;
  auto from = text.cbegin();
  for (std::sregex_iterator match(text.begin(), text.end(), duration), end; match != end; ++match) {
    result.append(from, (*match)[1].first);
    const auto digits = static_cast<std::size_t>((*match)[3].length());
    if (digits > 0) result += "N." + std::string(digits, 'N');
    from = (*match)[0].second;
  }
  return result.append(from, text.cend());
}

void check_text(const std::string& name, const Json& expected, const std::string& actual) {
  INFO(name << ": " << actual);
  if (expected.is_string()) {
    CHECK(without_durations(actual) == without_durations(expected.get<std::string>()));
    return;
  }
  for (const auto& [kind, value] : expected.items()) {
    if (kind == "contains") {
      for (const auto& part : value) {
        INFO("must contain: " << part.get<std::string>());
        CHECK(actual.find(part.get<std::string>()) != std::string::npos);
      }
    } else if (kind == "lacks") {
      for (const auto& part : value) {
        INFO("must not contain: " << part.get<std::string>());
        CHECK(actual.find(part.get<std::string>()) == std::string::npos);
      }
    } else if (kind == "matches") {
      INFO("must match: " << value.get<std::string>());
      CHECK(std::regex_search(actual, std::regex(value.get<std::string>())));
    } else {
      FAIL("unknown expectation " << kind);
    }
  }
}

std::string camel_case(const std::string& name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i)
    if (name[i] == '_' && i + 1 < name.size())
      result += static_cast<char>(std::toupper(static_cast<unsigned char>(name[++i])));
    else
      result += name[i];
  return result;
}

void check_counts(const Json& expected, const Json& actual) {
  REQUIRE(actual.is_object());
  for (const auto& [name, count] : expected.items()) {
    INFO("counts." << name);
    CHECK(actual.value(camel_case(name), Json()) == count);
  }
}

void check_case(const Json& item) {
  const std::string answer = run_cloche(item.at("request").dump());
  INFO(item.at("title").get<std::string>() << "\n" << answer);
  const Json result = Json::parse(answer, nullptr, false);
  REQUIRE(result.is_object());
  for (const auto& [name, expected] : item.at("expect").items()) {
    INFO(name);
    const Json actual = result.value(name, Json());
    if (name == "stdout" || name == "stderr") {
      REQUIRE(actual.is_string());
      check_text(name, expected, actual.get<std::string>());
    } else if (name == "verdict") {
      REQUIRE(actual.is_object());
      CHECK(actual.value("status", Json()) == expected);
    } else if (name == "counts") {
      check_counts(expected, actual);
    } else {
      CHECK(actual == expected);
    }
  }
}

const fs::path kConformance = kCases / "conformance";

std::vector<fs::path> case_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(kCases))
    if (entry.path().extension() == ".json" && entry.path().parent_path() != kConformance)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

Json read_json(const fs::path& file) {
  std::ifstream stream(file);
  return Json::parse(std::string(std::istreambuf_iterator<char>(stream), {}));
}

// Adds the case to `cases` once for each of its versions.
void add_versions(Json& cases, const Json& item) {
  if (!item.contains("versions")) return cases.push_back(item);
  REQUIRE_FALSE(item.at("versions").empty());
  for (const Json& version : item.at("versions")) {
    Json one = item;
    one["title"] = item.at("title").get<std::string>() + " (" + version.get<std::string>() + ")";
    one["request"]["languageVersion"] = version;
    cases.push_back(std::move(one));
  }
}

Json read_cases(const fs::path& path) {
  const Json file = read_json(path);
  REQUIRE(file.is_array());
  Json cases = Json::array();
  for (const Json& item : file) add_versions(cases, item);
  return cases;
}

std::vector<fs::path> conformance_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kConformance))
    if (entry.path().extension() == ".json" && entry.path().filename() != "situations.json")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// The cases of a file in conformance/ in the form of all other cases: one for each version.
Json conformance_cases(const Json& file) {
  Json cases = Json::array();
  for (const auto& [name, situation] : file.at("situations").items()) {
    if (!situation.is_array()) continue;
    for (Json item : situation) {
      item["title"] = name;
      item["request"]["language"] = file.at("language");
      item["request"]["testFramework"] = file.at("framework");
      add_versions(cases, item);
    }
  }
  return cases;
}

// Whether the image of a request's language is in the store.
bool image_is_there(const cloche::runner::Runner& runner, const Json& request) {
  cloche::runner::Request wanted;
  wanted.language = request.at("language");
  wanted.version = request.value("languageVersion", "");
  return runner.store().contains(runner.plan(wanted).image);
}

}  // namespace

TEST_CASE("there are cases, and each expects something") {
  const auto files = case_files();
  REQUIRE_FALSE(files.empty());
  for (const fs::path& file : files) {
    INFO(file);
    const Json cases = read_cases(file);
    REQUIRE_FALSE(cases.empty());
    for (const Json& item : cases) {
      INFO(item.dump());
      CHECK(item.at("title").is_string());
      CHECK(item.at("request").contains("language"));
      CHECK_FALSE(item.at("expect").empty());
    }
  }
}

TEST_CASE("a framework has each situation, or says why it cannot exist") {
  std::vector<std::string> names;
  for (const Json& situation : read_json(kConformance / "situations.json"))
    names.push_back(situation.at("name"));
  REQUIRE_FALSE(names.empty());
  REQUIRE_FALSE(conformance_files().empty());
  for (const fs::path& path : conformance_files()) {
    INFO(path);
    const Json file = read_json(path);
    const Json& situations = file.at("situations");
    for (const std::string& name : names) {
      INFO(name);
      REQUIRE(situations.contains(name));
      const Json& situation = situations.at(name);
      if (situation.is_object())
        CHECK(situation.at("impossible").get<std::string>().size() > 10);
      else
        CHECK_FALSE(situation.empty());
    }
    for (const auto& [name, situation] : situations.items()) {
      INFO(name);
      CHECK(std::find(names.begin(), names.end(), name) != names.end());
    }
    for (const Json& item : conformance_cases(file)) CHECK_FALSE(item.at("expect").empty());
  }
}

TEST_CASE("a framework of a profile has a conformance file") {
  std::set<std::string> found;
  for (const fs::path& path : conformance_files()) {
    const Json file = read_json(path);
    found.insert(file.at("language").get<std::string>() + " " +
                 file.at("framework").get<std::string>());
  }
  for (const auto& entry : fs::directory_iterator(kProfiles)) {
    if (entry.path().extension() != ".json") continue;
    const Json profile = read_json(entry.path());
    for (const Json& framework : profile.value("frameworks", Json::array())) {
      const std::string name =
          profile.at("language").get<std::string>() + " " + framework.at("name").get<std::string>();
      INFO(name);
      CHECK(found.contains(name));
    }
  }
}

TEST_CASE("durations are compared by their form") {
  CHECK(without_durations("<COMPLETEDIN::>0.12\n1.25\n") == "<COMPLETEDIN::>N.NN\n1.25\n");
  CHECK(without_durations("<COMPLETEDIN::>12\n12\n") == "<COMPLETEDIN::>\n12\n");
  CHECK(without_durations("<COMPLETEDIN::>12 ms\n") == "<COMPLETEDIN::>12 ms\n");
}

TEST_CASE("adapters report as they should", "[images]") {
  const cloche::runner::Runner runner;
  const bool required = !setting("CLOCHE_TEST_IMAGES", "").empty();
  std::map<std::string, int> left_out;
  std::vector<fs::path> files = case_files();
  const std::size_t own = files.size();
  for (const fs::path& file : conformance_files()) files.push_back(file);
  for (std::size_t i = 0; i < files.size(); ++i) {
    DYNAMIC_SECTION(fs::relative(files[i], kCases).string()) {
      for (const Json& item :
           i < own ? read_cases(files[i]) : conformance_cases(read_json(files[i]))) {
        const Json& request = item.at("request");
        if (!required && !image_is_there(runner, request))
          ++left_out[request.at("language").get<std::string>()];
        else
          check_case(item);
      }
      for (const auto& [language, count] : left_out)
        WARN(count << " cases of " << language << " left out: its image is not in the store");
      CHECK(true);
    }
  }
}
