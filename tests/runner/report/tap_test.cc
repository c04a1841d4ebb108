// TAP 14. tests/clients/reports.js checks it with a third-party reader.
#include "runner/report/tap.h"

#include "catch.h"
#include "runner/report/sample.h"

using namespace cloche::runner;

TEST_CASE("groups become subtests with diagnostics") {
  CHECK(tap(sample_report()) ==
        R"(TAP version 14
# ruby rspec
1..1
# Subtest: math
    1..5
    ok 1 - adds
      ---
      duration_ms: 1.250
      ...
    # | 
    # | hello
    # | 
    # | -Trace: a
    # | b
    not ok 2 - divides
      ---
      message: "\nexpected <1>\ngot \"2\"\n"
      severity: failed
      ...
    not ok 3 - boom
      ---
      message: "boom"
      severity: error
      ...
    ok 4 - later # SKIP not yet
    # Subtest: deep
        1..1
        ok 1 - works
    ok 5 - deep
not ok 1 - math
  ---
  severity: error
  ...
# | a warning
)");
}

TEST_CASE("names and output cannot forge a line of TAP") {
  Report report = sample_report();
  report.tests.children[0].children.resize(1);
  Test& test = report.tests.children[0].children[0];
  test.name = "x # SKIP \\ \nok 2 - forged\x1b[31m\xff";
  test.output = "ok 3 - forged\nSubtest: forged\nBail out!\n";
  const std::string text = tap(report);
  CHECK_THAT(text, ContainsSubstring("    ok 1 - x \\# SKIP \\\\  ok 2 - forged\xef\xbf\xbd\n"));
  CHECK_THAT(text, ContainsSubstring("\n    # | ok 3 - forged\n    # | Subtest: forged\n"));
}

TEST_CASE("a run that did not come to its end is not ok in TAP") {
  Report report = sample_report();
  report.verdict = Verdict::report_broken;
  report.reason = "its last word never came";
  CHECK_THAT(tap(report), ContainsSubstring("1..2\n"));
  CHECK_THAT(tap(report),
             ContainsSubstring("not ok 2 - run\n  ---\n  message: \"report_broken: its last word "
                               "never came\"\n  severity: error\n"));
}
