// Names that are taken from the code, with the rules that languages need.
#include "runner/request/code_names.h"

#include "catch.h"
#include "runner/profile/refusal.h"
#include "runner/request/plan.h"

using namespace cloche::runner;

namespace {

const char* const kCodeNames = R"--({
  "language": "toy", "versions": [{"version": "1", "image": "one"}],
  "names": {
    "class": {"from": "solution", "match": "(?m)^\\s*public class (\\w+)", "default": "Solution"},
    "package": {"from": "fixture", "match": "(?m)^package (\\S+)", "valid": "[a-z][a-z0-9_]*",
                "error": "A package name MUST be lowercased, not ${name}."},
    "setup_module": {"from": "setup", "match": "-module\\((.*?)\\)", "error": "No module name."},
    "module": {"from": "solution", "match": "-module\\((.*?)\\)", "error": "No module name.",
               "unlike": {"name": "setup_module", "error": "Both modules are ${name}."}},
    "slow": {"from": "solution", "match": "(?:a|aa)+$", "error": "No slow name."}
  },
  "run": {"files": {"${class}.java": "${solution}"}, "run": {"argv": ["java", "${class}"]}},
  "frameworks": [
    {"name": "go", "files": {"${package}/x.go": "${fixture}"}, "run": {"argv": ["go"]}},
    {"name": "erl", "files": {"src/${setup_module}.erl": {"text": "${setup}", "if": "setup"},
                              "src/${module}.erl": "${solution}"}, "run": {"argv": ["erl"]}},
    {"name": "slow", "run": {"argv": ["${slow}"]}}
  ]
})--";

Plan named_plan(const std::string& framework, const std::string& solution,
                const std::string& fixture = "", const std::string& setup = "") {
  Request request;
  request.language = "toy";
  request.framework = framework;
  request.solution = solution;
  request.fixture = fixture;
  request.setup = setup;
  return make_plan(settle(request, {parse_profile(kCodeNames, "toy.json"), {}}));
}

std::string refusal_of(const std::string& framework, const std::string& solution,
                       const std::string& fixture = "", const std::string& setup = "") {
  try {
    named_plan(framework, solution, fixture, setup);
  } catch (const Refusal& refusal) {
    return refusal.message();
  }
  return "no refusal";
}

}  // namespace

TEST_CASE("a name comes from the code, or is the default") {
  const Plan plan = named_plan("", "import x;\n  public class Main { public class Other {} }");
  CHECK(plan.files.back().first == "Main.java");
  CHECK(plan.run.argv.back() == "Main");
  CHECK(named_plan("", "class Hidden {}").run.argv.back() == "Solution");
  CHECK(named_plan("", "").run.argv.back() == "Solution");
}

TEST_CASE("a name that is missing or wrong is refused in the profile's words") {
  CHECK(named_plan("go", "", "package kata_1").files.back().first == "kata_1/x.go");
  CHECK(refusal_of("go", "", "package Kata") == "A package name MUST be lowercased, not Kata.");
  CHECK(refusal_of("go", "", "func f()") == "A package name MUST be lowercased, not .");
  // Only modes that use a name need it.
  CHECK(refusal_of("", "no module", "") == "no refusal");
  const std::string nul("package a\0b", 11);
  CHECK_THAT(refusal_of("go", "", nul), ContainsSubstring("MUST be lowercased"));
  CHECK_THAT(refusal_of("go", "", "package " + std::string(1000, 'a')),
             ContainsSubstring(std::string(100, 'a') + "."));
}

TEST_CASE("a name may have to differ from another") {
  CHECK(named_plan("erl", "-module(a).", "x").files.back().first == "src/a.erl");
  CHECK(named_plan("erl", "-module(a).", "x", "-module(b).").files.back().first == "src/a.erl");
  CHECK(refusal_of("erl", "-module(a).", "x", "-module(a).") == "Both modules are a.");
  CHECK(refusal_of("erl", "-module(a).", "x", "nothing") == "No module name.");
  CHECK(refusal_of("erl", "nothing", "x") == "No module name.");
}

TEST_CASE("a name is still only a part of a path below the work directory") {
  CHECK_THROWS_AS(named_plan("erl", "-module(../../a).", "x"), cloche::Error);
  CHECK_THROWS_AS(named_plan("erl", "-module(" + std::string(250, 'a') + ").", "x"), Refusal);
}

TEST_CASE("the search for a name ends soon, whatever the code is") {
  CHECK(refusal_of("slow", std::string(1'000'000, 'a') + "b", "x") == "No slow name.");
  CHECK(refusal_of("", std::string(10'000'000, '\n')) == "The class is not found");
}
