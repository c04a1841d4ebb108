// A report with a test of each outcome, for the tests of formats.
#pragma once

#include "cloche/runner.h"

namespace cloche::runner {

inline Test sample_test(const std::string& name, Test::Outcome outcome,
                        const std::string& message) {
  Test test;
  test.kind = Test::Kind::test;
  test.name = name;
  test.outcome = outcome;
  test.assertions = {{outcome, message}};
  return test;
}

inline Report sample_report() {
  Report report;
  report.test_mode = true;
  report.language = "ruby";
  report.framework = "rspec";
  report.verdict = Verdict::tests_failed;
  report.err = "a warning\n";
  Test deep;
  deep.name = "deep";
  deep.outcome = Test::Outcome::passed;
  deep.children = {sample_test("works", Test::Outcome::passed, "Test Passed")};
  Test math;
  math.name = "math";
  math.outcome = Test::Outcome::error;
  math.children = {sample_test("adds", Test::Outcome::passed, "Test Passed"),
                   sample_test("divides", Test::Outcome::failed, "\nexpected <1>\ngot \"2\"\n"),
                   sample_test("", Test::Outcome::error, "boom"),
                   sample_test("later", Test::Outcome::skipped, "not yet"), deep};
  math.children[0].milliseconds = 1.25;
  math.children[1].output = "\nhello\n\n";
  math.children[1].logs = {{"LOG", "ESC", "-Trace", "a\nb"}};
  report.tests.children = {math};
  return report;
}

}  // namespace cloche::runner
