// A program that was started before its request does the same as one that is started with it.
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "catch.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "runner/request/plan.h"
#include "runner/run/channel.h"
#include "runner/run/plan_sandbox.h"
#include "runner/run/two_phases.h"

namespace {

using namespace cloche::runner;
using cloche::Channel;
using cloche::Command;
using cloche::Result;
using cloche::Sandbox;

constexpr int kChannelFd = 3;
const std::string kNonce = "00112233445566778899aabbccddeeff";

// One program for each mode that a profile calls warm. All print their arguments and environment.
struct Program {
  const char *language, *version, *framework, *solution, *fixture;
};
constexpr const char* kPythonSolution =
    "import os, sys\n"
    "print(sys.argv)\n"
    "print(sorted(os.environ.items()))\n"
    "os.system('env | sort | grep -v ^_=')\n"
    "def one(): return 1\n";
constexpr const char* kPythonUnittest =
    "import unittest\n"
    "class Test(unittest.TestCase):\n"
    "    def test_one(self):\n"
    "        self.assertEqual(one(), 1)\n"
    "    def test_two(self):\n"
    "        self.assertEqual(one(), 2)\n";
constexpr const char* kPythonCw2 =
    "@test.describe('group')\n"
    "def group():\n"
    "    @test.it('test')\n"
    "    def case():\n"
    "        test.assert_equals(one(), 1)\n"
    "        test.assert_equals(one(), 2)\n";
constexpr const char* kNodeSolution =
    "console.log(process.argv.slice(1), Object.keys(process.env).sort().map(function (name) {\n"
    "  return name + '=' + process.env[name];\n"
    "}));\n"
    "function one() { return 1; }\n";
constexpr const char* kNodeCw2 =
    "describe('group', function () { it('test', function () {\n"
    "  Test.assertEquals(one(), 1); Test.assertEquals(one(), 2); }); });\n";
constexpr const char* kNodeBdd =
    "var assert = require('assert');\n"
    "describe('group', function () { it('test', function () { assert.equal(one(), 1); });\n"
    "  it('other', function () { assert.equal(one(), 2); }); });\n";
constexpr const char* kNodeTdd =
    "var assert = require('assert');\n"
    "suite('group', function () { test('test', function () { assert.equal(one(), 1); });\n"
    "  test('other', function () { assert.equal(one(), 2); }); });\n";
constexpr const char* kRubySolution =
    "p ARGV, ENV.to_h.sort\n"
    "system('env | sort | grep -v ^_=')\n"
    "def one; 1; end\n";
constexpr const char* kRubyCw2 =
    "describe('group') { it('test') { Test.assert_equals(one, 1); Test.assert_equals(one, 2) } }\n";
constexpr const char* kRubyRspec =
    "describe('group') { it('test') { expect(one).to eq(1) }\n"
    "  it('other') { expect(one).to eq(2) } }\n";
const Program kPrograms[] = {
    {"python", "3.13", "cw-2", kPythonSolution, kPythonCw2},
    {"python", "2.7", "cw-2", kPythonSolution, kPythonCw2},
    {"python", "3.13", "unittest", kPythonSolution, kPythonUnittest},
    {"python", "2.7", "unittest", kPythonSolution, kPythonUnittest},
    {"python", "3.13", "", kPythonSolution, nullptr},
    {"javascript", "20", "cw-2", kNodeSolution, kNodeCw2},
    {"javascript", "0.10.33", "cw-2", kNodeSolution, kNodeCw2},
    {"javascript", "20", "mocha_bdd", kNodeSolution, kNodeBdd},
    {"javascript", "20", "mocha_tdd", kNodeSolution, kNodeTdd},
    {"javascript", "20", "", kNodeSolution, nullptr},
    {"ruby", "3.3", "cw-2", kRubySolution, kRubyCw2},
    {"ruby", "3.3", "rspec", kRubySolution, kRubyRspec},
    {"ruby", "3.3", "", kRubySolution, nullptr},
};

Plan plan_of(const Program& program) {
  Request request;
  request.language = program.language;
  request.version = program.version;
  request.solution = program.solution;
  if (program.fixture != nullptr) {
    request.framework = program.framework;
    request.fixture = program.fixture;
  } else {
    request.call = Call{"one", "[]"};
  }
  return make_plan(settle(request));
}

// Everything that a run showed.
struct Shown {
  std::string out, err;
  std::vector<std::string> events;
  std::optional<int> exit_code;
};

// Runs a plan: cold, or warm.
Shown show(const Plan& plan, const cloche::image::Image& image, bool warm) {
  const RunOptions options;
  PlanSandbox sandbox(plan, options, image);
  Shown shown;
  ChannelParser parser(kNonce, [&shown](Event event) {
    shown.events.push_back(std::string(name_of(event.tag)) + " " +
                           (event.tag == Tag::completed_in ? "" : event.text));
  });
  bool ready = !warm;
  Command command = sandbox.command_for(plan.run);
  std::vector<std::string> known = *command.environment;
  known.push_back("GONE=1");
  command.environment->push_back("EXTRA=a=ü\n b");
  const TwoPhases phases = in_two_phases(command, known);
  if (warm) {
    command.argv = phases.argv;
    command.environment = phases.environment;
  }
  command.environment->push_back("CLOCHE_CHANNEL=" + std::to_string(kChannelFd));
  command.channel = Channel{kChannelFd, warm ? "" : parser.greeting(),
                            [&](std::string_view bytes) -> std::optional<std::string> {
                              if (ready) return parser.feed(bytes);
                              CHECK(bytes == kReady);
                              ready = true;
                              return "";
                            }};
  if (!warm) sandbox.put_files();
  cloche::Process process = sandbox.box().start(command);
  while (!ready &&
         !process.wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(5))) {
  }
  if (warm) {
    sandbox.put_files();
    process.answer(parser.greeting(phases.arguments, phases.variables));
  }
  const Result result = process.wait();
  shown.out = result.out.bytes;
  shown.err = result.err.bytes;
  shown.exit_code = result.exit_code;
  CHECK_FALSE(parser.broken());
  return shown;
}

}  // namespace

TEST_CASE("a warm start shows what a cold start shows", "[images]") {
  const auto store = cloche::image::Store::open_default();
  for (const Program& program : kPrograms) {
    DYNAMIC_SECTION(program.language << " " << program.version << " " << program.framework) {
      const Plan plan = plan_of(program);
      std::optional<cloche::image::Image> image;
      try {
        image = store.find(plan.image);
      } catch (const cloche::Error&) {
        if (std::getenv("CLOCHE_TEST_IMAGES") != nullptr) throw;
        WARN("left out: the image " << plan.image << " is not in the store");
        continue;
      }
      const Shown cold = show(plan, *image, false), warm = show(plan, *image, true);
      CHECK(warm.out == cold.out);
      CHECK(warm.err == cold.err);
      CHECK(warm.events == cold.events);
      CHECK(warm.exit_code == cold.exit_code);
      CHECK(cold.events.back() == "END ");
      CHECK_THAT(cold.out, ContainsSubstring("EXTRA"));
      CHECK(cold.out.find("GONE") == cold.out.npos);
      CHECK(cold.out.find("CLOCHE") == cold.out.npos);
    }
  }
}

TEST_CASE("every mode that a profile calls warm is started warm here") {
  for (const std::string& name : profile_names(profile_directory())) {
    const Profile profile = find_profile(name, profile_directory()).profile;
    const auto tested = [&name](const std::string& framework) {
      for (const Program& program : kPrograms)
        if (name == program.language && framework == program.framework) return true;
      return false;
    };
    INFO(name);
    if (profile.call) CHECK(profile.call->warm == tested(""));
    for (const Framework& framework : profile.frameworks) {
      INFO(framework.name);
      CHECK(framework.mode.warm == tested(framework.name));
    }
  }
}
