#include "runner/report/tree_text.h"

#include "catch.h"

using namespace cloche::runner;

namespace {

Test test(const std::string& name, Test::Outcome outcome, const std::string& message) {
  Test test;
  test.kind = Test::Kind::test;
  test.name = name;
  test.outcome = outcome;
  test.assertions = {{outcome, message}};
  return test;
}

Report tested() {
  Report report;
  report.test_mode = true;
  report.language = "ruby";
  report.version = "3.3";
  report.framework = "rspec";
  Test group;
  group.name = "math";
  group.children = {test("adds", Test::Outcome::passed, "Test Passed"),
                    test("divides", Test::Outcome::failed, "\nexpected 1\ngot 2\n"),
                    test("", Test::Outcome::error, "boom"),
                    test("later", Test::Outcome::skipped, "not yet")};
  group.children[0].milliseconds = 1.25;
  group.children[1].output = "\nhello\n\n";
  group.children[1].logs = {{"LOG", "ESC", "-Trace", "a\nb"}};
  report.tests.children = {group};
  report.verdict = Verdict::tests_failed;
  report.reason = "1 of 4 tests passed";
  return report;
}

}  // namespace

TEST_CASE("tests are a tree with marks, messages, output and boxes") {
  CHECK(tree_text(tested(), false).out ==
        "math\n"
        "  ✓ adds (1.25 ms)\n"
        "  ✗ divides\n"
        "    | hello\n"
        "    expected 1\n"
        "    got 2\n"
        "    ┌ Trace\n"
        "    │ a\n"
        "    │ b\n"
        "    └\n"
        "  ✗ boom\n"
        "  ○ later\n"
        "    not yet\n"
        "\n"
        "✗ 1 of 4 tests passed (ruby 3.3, rspec)\n");
  CHECK(tree_text(tested(), false).err == "");
}

TEST_CASE("colours are there only if wanted") {
  CHECK_THAT(tree_text(tested(), true).out, ContainsSubstring("\x1b[32m✓\x1b[0m adds"));
  CHECK(tree_text(tested(), false).out.find('\x1b') == std::string::npos);
}

TEST_CASE("a plain run that is well prints nothing of our own") {
  Report report;
  report.out = "2\n";
  report.err = "warning\n";
  CHECK(tree_text(report, true).out == "2\n");
  CHECK(tree_text(report, true).err == "warning\n");
  report.verdict = Verdict::runtime_error;
  report.reason = "the program ended with exit code 3";
  report.language = "c";
  report.version = "11";
  report.err = "no line break";
  CHECK(tree_text(report, false).err ==
        "no line break\n✗ the program ended with exit code 3 (c 11)\n");
}

TEST_CASE("output cannot command the terminal") {
  CHECK(harmless("a\tb\nc", true) == "a\tb\nc");
  CHECK(harmless("\x1b[31mred\x1b[0m", true) == "\x1b[31mred\x1b[0m");
  CHECK(harmless("\x1b[31mred\x1b[2J", false) == "red\xef\xbf\xbd[2J");
  CHECK(harmless("\x1b]0;title\x07", true) == "\xef\xbf\xbd]0;title\xef\xbf\xbd");
  CHECK(harmless("\x1b[2J", true) == "\xef\xbf\xbd[2J");
  CHECK(harmless("\xc2\x9b"
                 "2J",
                 true) ==
        "\xef\xbf\xbd"
        "2J");
  CHECK(harmless("\xc3\xa4", true) == "\xc3\xa4");
  CHECK(harmless("\x1b[", true) == "\xef\xbf\xbd[");
  Report report = tested();
  report.tests.children[0].name = "\x1b[2Jmath";
  report.tests.children[0].children[1].assertions[0].message = "\x1b]0;x\x07";
  CHECK(tree_text(report, true).out.find("\x1b[2J") == std::string::npos);
  CHECK(tree_text(report, true).out.find("\x1b]") == std::string::npos);
}
