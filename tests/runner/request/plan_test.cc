#include "runner/request/plan.h"

#include <algorithm>

#include "catch.h"
#include "cloche/error.h"
#include "runner/profile/placeholders.h"
#include "runner/request/project.h"
#include "runner/run/environment.h"

using namespace cloche::runner;
using cloche::Error;
using cloche::ErrorKind;

namespace {

const char* const kProfile = R"({
  "language": "toy", "title": "Toy",
  "versions": [{"version": "1", "image": "one", "variables": {"bin": "toy1"}, "elsewhere": {"bin": "toy"},
                "environment": {"B": "version"}}],
  "environment": {"A": "profile", "B": "profile"},
  "limits": {"wall_ms": 5000, "memory_mb": 64},
  "run": {
    "files": {"s.toy": "${setup}\n${solution}", "setup.toy": {"text": "${setup}", "if": "setup"}},
    "compile": [{"argv": ["cc", {"if": "setup", "argv": ["setup.toy"]}, "s.toy"]},
                {"if": "options.extra", "argv": ["extra"]}],
    "run": {"argv": ["${bin}", {"each": "options.requires", "argv": ["-r", "${item}"]}, "s.toy"],
            "environment": {"C": "${version}"}}
  },
  "frameworks": [{
    "name": "spec",
    "files": {"t.toy": "${fixture}"},
    "run": {"argv": ["spec", "t.toy"]},
    "project": {"argv": ["spec", "${entry}"]},
    "clean": {"hide": ["fixture"]}
  }]
})";

FoundProfile toy_profile() {
  return {parse_profile(kProfile, "toy.json"), {}};
}

Plan plan_of(const Request& request) {
  return make_plan(settle(request, toy_profile()));
}

Request request_of(const std::string& solution) {
  Request request;
  request.language = "toy";
  request.solution = solution;
  return request;
}

const std::string* file_of(const Plan& plan, const std::string& path) {
  // The last file of a path wins, because files are written in this order.
  for (auto file = plan.files.rbegin(); file != plan.files.rend(); ++file)
    if (file->first == path) return &file->second;
  return nullptr;
}

std::string problem(const Request& request, ErrorKind kind) {
  try {
    plan_of(request);
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  return "no error";
}

using Words_ = std::vector<std::string>;

}  // namespace

TEST_CASE("a plain run has its files, steps, limits and environment") {
  Request request = request_of("code");
  request.setup = "pre";
  request.arguments = {"-x", "y"};
  const Plan plan = plan_of(request);
  CHECK_FALSE(plan.test_mode);
  CHECK_FALSE(plan.reporter);
  CHECK(plan.image == "one");
  CHECK(plan.framework == "");
  CHECK(*file_of(plan, "s.toy") == "pre\ncode");
  CHECK(*file_of(plan, "setup.toy") == "pre");
  CHECK(*file_of(plan, "solution.txt") == "code");
  REQUIRE(plan.compile.size() == 1);
  CHECK(plan.compile[0].argv == Words_{"cc", "setup.toy", "s.toy"});
  CHECK(plan.run.argv == Words_{"toy1", "s.toy", "-x", "y"});
  CHECK(plan.run.environment == Words_{"A=profile", "B=version", "C=1"});
  CHECK(plan.run.limits.wall_time == std::chrono::seconds(5));
  CHECK(plan.run.limits.memory_bytes == 64u << 20);
  CHECK(plan.compile[0].limits.wall_time == std::chrono::seconds(30));
  CHECK(plan.compile[0].limits.memory_bytes == 64u << 20);
  CHECK_FALSE(plan.shell);
}

TEST_CASE("on an image of the caller's, programs have the names that they have elsewhere") {
  Request request = request_of("code");
  request.image = "mine";
  const Plan plan = plan_of(request);
  CHECK(plan.image == "mine");
  CHECK(plan.run.argv == Words_{"toy", "s.toy"});
  CHECK(plan.version == "");
  request.image = "one";
  CHECK(plan_of(request).run.argv == Words_{"toy1", "s.toy"});
  CHECK(plan_of(request).version == "1");
}

TEST_CASE("conditions and options shape the steps") {
  Request request = request_of("code");
  request.options["extra"] = {"yes"};
  request.options["requires"] = {"a", "b"};
  const Plan plan = plan_of(request);
  CHECK(plan.compile.size() == 2);
  CHECK(plan.compile[0].argv == Words_{"cc", "s.toy"});
  CHECK(plan.run.argv == Words_{"toy1", "-r", "a", "-r", "b", "s.toy"});
  CHECK(file_of(plan, "setup.toy") == nullptr);
}

TEST_CASE("a fixture selects test mode and the first framework") {
  Request request = request_of("code");
  request.fixture = "tests of some length";
  request.timeout = std::chrono::milliseconds(77);
  const Plan plan = plan_of(request);
  CHECK(plan.test_mode);
  CHECK(plan.reporter);
  CHECK(plan.framework == "spec");
  CHECK(plan.run.argv == Words_{"spec", "t.toy"});
  CHECK(*file_of(plan, "t.toy") == "tests of some length");
  CHECK(plan.hidden.empty());
  CHECK(plan.run.limits.wall_time == std::chrono::milliseconds(77));
  request.options["strategy"] = {"solutionOnly"};
  CHECK_FALSE(plan_of(request).test_mode);
}

TEST_CASE("output is cleaned up only with compat") {
  Request request = request_of("code");
  request.fixture = "tests of some length";
  CHECK(plan_of(request).clean.hide.empty());
  request.compat = Compat::codewars;
  const Plan plan = plan_of(request);
  CHECK(plan.compat == Compat::codewars);
  CHECK(plan.clean.hide == Words_{"fixture"});
  CHECK(plan.hidden == Words_{"tests of some length"});
}

TEST_CASE("a program is a file, among files") {
  const std::string text = R"({
    "language": "toy", "extension": "toy", "versions": [{"version": "1", "image": "i", "variables": {"old": "old.toy"}}],
    "run": {"files": {"${program}": "${solution}"},
            "compile": [{"argv": ["cc", "${program}", {"each": "files.toy", "argv": ["-f", "${item}"]}]}],
            "run": {"argv": ["x", {"if": "setup old", "argv": ["both"]}, {"if": "!setup old", "argv": ["${old}"]},
                             "${program}"]}},
    "frameworks": [{"name": "spec", "run": {"argv": ["spec", "${program}"]}}]
  })";
  const auto made = [&](const Request& request) {
    return make_plan(settle(request, {parse_profile(text, "toy.json"), {}}));
  };
  Request request = request_of("code");
  CHECK(made(request).run.argv == Words_{"x", "old.toy", "solution.toy"});
  request.setup = "s";
  CHECK(made(request).run.argv == Words_{"x", "both", "solution.toy"});
  request.setup.clear();

  request.solution_path = "src/main.toy";
  request.files = {{"a.toy", "1"}, {"src/b.toy", "2"}, {"c.toy.txt", "3"}, {"d.x/toy", "4"}};
  Plan plan = made(request);
  CHECK(plan.run.argv.back() == "src/main.toy");
  CHECK(*file_of(plan, "src/main.toy") == "code");
  CHECK(file_of(plan, "solution.toy") == nullptr);
  CHECK(plan.compile.at(0).argv == Words_{"cc", "src/main.toy", "-f", "a.toy", "-f", "src/b.toy"});

  // Nothing that could be an option, and nothing outside of the work directory.
  request.solution_path = "-c.toy";
  CHECK(made(request).run.argv.back() == "./-c.toy");
  request.solution_path = "../x";
  CHECK_THROWS_AS(made(request), Error);

  request = request_of("");
  request.files = {{"main.toy", "1"}, {"b.toy", "2"}};
  request.entry_file = "main.toy";
  request.options["strategy"] = {"solutionOnly"};
  plan = made(request);
  CHECK(plan.run.argv.back() == "main.toy");
  CHECK(plan.compile.at(0).argv == Words_{"cc", "main.toy", "-f", "b.toy"});
  CHECK(file_of(plan, "solution.toy") == nullptr);
}

TEST_CASE("code is put into files as it is, once") {
  const std::string code("${fixture} ${work} $${ \0 \xff ${", 29);
  Request request = request_of(code);
  const Plan plan = plan_of(request);
  CHECK(*file_of(plan, "s.toy") == "\n" + code);
  CHECK(*file_of(plan, "solution.txt") == code);
  Values values;
  values.set("a", "${b}");
  values.set("b", "x");
  CHECK(expand("${a}${b}$${a}${c}${", values) == "${b}x${a}${");
}

TEST_CASE("an unknown name is refused with the list of known ones") {
  Request request = request_of("code");
  request.framework = "rspec";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("frameworks of toy 1: spec"));
  request = request_of("code");
  request.version = "7";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("versions of toy: 1"));
  request = request_of("code");
  request.services = {"redis"};
  CHECK_THAT(problem(request, ErrorKind::usage),
             ContainsSubstring("start the service \"redis\" for Toy (Toy has no services)"));
  request = request_of("code");
  request.setup = "# @config: github-repo a/b";
  CHECK_THAT(problem(request, ErrorKind::unsupported), ContainsSubstring("no network"));
  request.setup = "# @config: gist 123";
  CHECK_THAT(problem(request, ErrorKind::unsupported), ContainsSubstring("gist 123"));
}

TEST_CASE("files stay below the work directory") {
  for (const std::string path : {"", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "dir/"}) {
    Request request = request_of("code");
    request.files[path] = "x";
    INFO(path);
    CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("write a file called"));
  }
  Request request = request_of("code");
  request.files[std::string("a\0b", 3)] = "x";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("NUL"));
  request = request_of("code");
  request.files[std::string(300, 'a')] = "x";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("255"));
  request = request_of("code");
  request.bash_file = "../x";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("climbs"));
  request = request_of("code");
  request.setup = "# @config: solution-path /etc/x";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("relative"));
  request = request_of("code");
  request.files["a/..b/...c"] = "fine";
  CHECK_NOTHROW(plan_of(request));
}

TEST_CASE("project mode runs the entry file") {
  Request request = request_of("");
  request.files = {{"lib.toy", "x"}, {"test.toy", "y"}, {"a/spec.toy", "z"}};
  Plan plan = plan_of(request);
  CHECK(plan.test_mode);
  CHECK(plan.run.argv == Words_{"spec", "a/spec.toy"});
  CHECK(file_of(plan, "t.toy") == nullptr);
  CHECK(file_of(plan, "solution.txt") == nullptr);
  request.entry_file = "l*toy";
  CHECK(plan_of(request).run.argv.back() == "lib.toy");
  request.entry_file = "none.toy";
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("none.toy"));
  request.entry_file.clear();
  request.files = {{"lib.toy", "x"}};
  CHECK_THAT(problem(request, ErrorKind::usage), ContainsSubstring("find a file to start with"));
}

TEST_CASE("a project configures itself") {
  Request request = request_of("");
  request.files = {{"entry.toy", "x"},
                   {".runner/config.json", R"({"timeout": 321})"},
                   {".runner/setup.sh", "echo hi"}};
  const Plan plan = plan_of(request);
  CHECK(plan.run.limits.wall_time == std::chrono::milliseconds(321));
  REQUIRE(plan.shell);
  CHECK(plan.shell->argv == Words_{"bash", kShellScript});
  CHECK(plan.shell->limits.wall_time == kShellWall);
  REQUIRE(file_of(plan, kShellScript) != nullptr);
  CHECK_THAT(*file_of(plan, kShellScript), ContainsSubstring("sh './.runner/setup.sh'"));
  request.files[".runner/config.json"] = "{";
  CHECK_THAT(problem(request, ErrorKind::bad_data), ContainsSubstring(".runner/config.json"));
}

TEST_CASE("with a solution, files are merely extra") {
  Request request = request_of("code");
  request.files = {{"spec.toy", "x"}, {"s.toy", "mine"}, {".runner/config.json", "{"}};
  const Plan plan = plan_of(request);
  CHECK_FALSE(plan.test_mode);
  CHECK(*file_of(plan, "spec.toy") == "x");
  CHECK(*file_of(plan, "s.toy") == "\ncode");
}

TEST_CASE("patterns fit anywhere in a path") {
  CHECK(fits_pattern("a/spec.rb", "spec.*"));
  CHECK(fits_pattern("myspec.rb", "spec.*"));
  CHECK_FALSE(fits_pattern("spec_rb", "spec.*"));
  CHECK(fits_pattern("src/main.rb", "src/*.rb"));
  CHECK_FALSE(fits_pattern("main.rb/src/", "src/*.rb"));
  CHECK(fits_pattern("x", "*"));
}

TEST_CASE("a setup script names its file safely") {
  Request request = request_of("code");
  request.files["it's $(x).sh"] = "y";
  request.bash_file = "it's $(x).sh";
  request.bash = "echo 1";
  CHECK_THAT(*file_of(plan_of(request), kShellScript),
             ContainsSubstring("sh './it'\\''s $(x).sh')\necho 1\n"));
}

TEST_CASE("environments are merged name by name") {
  CHECK(merge_environment(merge_environment({"PATH=/bin", "HOME=/w"}, {"PATH=/usr/bin"}),
                          {"X=1", "HOME=/h"}) == Words_{"PATH=/usr/bin", "HOME=/h", "X=1"});
}

TEST_CASE("each step has the limits that the request gives it") {
  using std::chrono::milliseconds;
  Request request = request_of("code");
  request.bash = "true";
  request.timeout = milliseconds(1);
  request.cpu_time = milliseconds(2);
  request.memory_bytes = 3u << 20;
  request.cpus = 0.5;
  Plan plan = plan_of(request);
  CHECK(plan.run.limits.wall_time == milliseconds(1));
  CHECK(plan.run.limits.cpu_time == milliseconds(2));
  CHECK(plan.run.limits.cpus == 0.5);
  REQUIRE(plan.shell);
  // A compile step has the run's memory limit and no limit of CPU time, unless it is given its own.
  for (const PlannedStep* step : {&*plan.shell, &plan.compile[0]}) {
    CHECK(step->limits.memory_bytes == 3u << 20);
    CHECK(step->limits.cpu_time.count() == 0);
    CHECK(step->limits.cpus == 0.5);
    CHECK(step->limits.stdout_bytes == kStepOutput);
  }
  CHECK(memory_of(plan) == 3u << 20);
  CHECK(wall_time_of(plan) == milliseconds(1) + kShellWall + milliseconds(30000));
  request.compile_timeout = milliseconds(4);
  request.compile_cpu_time = milliseconds(5);
  request.compile_memory_bytes = 6u << 20;
  request.cases.resize(3);
  plan = plan_of(request);
  CHECK(plan.compile[0].limits.wall_time == milliseconds(4));
  CHECK(plan.compile[0].limits.cpu_time == milliseconds(5));
  CHECK(plan.compile[0].limits.memory_bytes == 6u << 20);
  CHECK(plan.run.limits.memory_bytes == 3u << 20);
  CHECK(memory_of(plan) == 6u << 20);
  CHECK(wall_time_of(plan) == milliseconds(3) + kShellWall + milliseconds(4));
}

TEST_CASE("a settled request is not read again: bounds set after settling stay") {
  Request request = request_of("");
  request.files = {{"entry.toy", "x"},
                   {".runner/config.json",
                    R"({"timeout": 99999, "memory": "8G", "strict": false, "network": "loopback",
                        "compileTimeout": 99999, "compileMemory": "8G"})"}};
  SettledRequest settled = settle(request, toy_profile());
  CHECK(settled.request.timeout == std::chrono::milliseconds(99999));
  settled.request.timeout = settled.request.compile_timeout = std::chrono::milliseconds(10);
  settled.request.memory_bytes = settled.request.compile_memory_bytes = 1u << 20;
  settled.request.strict = true;
  settled.request.network = cloche::Network::none;
  const Plan plan = make_plan(std::move(settled));
  CHECK(plan.run.limits.wall_time == std::chrono::milliseconds(10));
  CHECK(memory_of(plan) == 1u << 20);
  CHECK(plan.strict);
  CHECK(plan.network == cloche::Network::none);
}
