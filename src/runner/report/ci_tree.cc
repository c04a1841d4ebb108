#include "runner/report/ci_tree.h"

#include <chrono>
#include <optional>

namespace cloche::runner {

namespace {

double in_milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

Test::Outcome outcome_of(Verdict verdict) {
  if (verdict == Verdict::ok) return Test::Outcome::passed;
  return verdict == Verdict::wrong_output ? Test::Outcome::failed : Test::Outcome::error;
}

// A run, or one case of it, as a test.
Test run_test(std::string name, Verdict verdict, const std::string& reason) {
  Test test;
  test.kind = Test::Kind::test;
  test.name = std::move(name);
  test.outcome = outcome_of(verdict);
  test.assertions.push_back(
      {test.outcome, std::string(to_string(verdict)) + (reason.empty() ? "" : ": " + reason)});
  return test;
}

bool is_judged_by_tests(const Report& report) {
  return report.test_mode &&
         (report.verdict == Verdict::ok || report.verdict == Verdict::tests_failed);
}

}  // namespace

Test ci_tree(const Report& report) {
  Test root;
  if (report.test_mode) root = report.tests;
  root.name = report.language;
  if (!report.framework.empty()) root.name += " " + report.framework;
  if (root.name.empty()) root.name = "cloche";
  for (std::size_t i = 0; i < report.cases.size(); ++i) {
    const CaseReport& one = report.cases[i];
    Test test = run_test("case " + std::to_string(i + 1), one.verdict, one.reason);
    test.output = one.out;
    if (!one.err.empty()) test.logs.push_back({"OUT", "", "standard error", one.err});
    test.milliseconds = in_milliseconds(one.result.wall_time);
    root.children.push_back(std::move(test));
  }
  const bool cases_say_it = !report.cases.empty() && report.verdict != Verdict::cancelled;
  if (is_judged_by_tests(report) || cases_say_it) return root;
  Test test = run_test("run", report.verdict, report.reason);
  if (!report.test_mode || report.compilation_failure) test.output = report.out;
  if (report.step_ran) test.milliseconds = in_milliseconds(report.result.wall_time);
  root.children.push_back(std::move(test));
  return root;
}

std::string first_line(const std::string& text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == text.npos) return {};
  return text.substr(start, text.find_first_of("\r\n", start) - start);
}

std::string title_of(const Test& test) {
  if (!test.name.empty()) return test.name;
  for (const Test::Assertion& assertion : test.assertions)
    if (std::string line = first_line(assertion.message); !line.empty()) return line;
  return test.kind == Test::Kind::group ? "group" : "assertion";
}

std::string messages_of(const Test& test) {
  std::string text;
  for (const Test::Assertion& assertion : test.assertions) {
    if (assertion.outcome == Test::Outcome::passed || assertion.message.empty()) continue;
    text += (text.empty() ? "" : "\n\n") + assertion.message;
  }
  return text;
}

std::string output_of(const Test& test) {
  std::string text = test.output;
  for (const Test::Log& log : test.logs) {
    if (!text.empty() && text.back() != '\n') text += '\n';
    if (!log.label.empty()) text += log.label + ": ";
    text += log.text + "\n";
  }
  return text;
}

}  // namespace cloche::runner
