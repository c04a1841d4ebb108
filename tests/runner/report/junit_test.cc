// JUnit XML: its content for each kind of report, and that any bytes give well-formed XML.
// tests/clients/reports.js checks it against the schema and with third-party readers.
#include "runner/report/junit.h"

#include "catch.h"
#include "cloche/report.h"
#include "runner/report/sample.h"

using namespace cloche::runner;

TEST_CASE("groups become suites, and each test says how it ended") {
  CHECK(junit_xml(sample_report()) ==
        R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ruby rspec" tests="5" failures="1" errors="1" time="0.001">
  <testsuite name="ruby rspec / math" tests="4" failures="1" errors="1" skipped="1" time="0.001">
    <testcase name="adds" classname="ruby rspec / math" time="0.001">
    </testcase>
    <testcase name="divides" classname="ruby rspec / math" time="0.000">
      <failure type="failed" message="expected &lt;1&gt;">
expected &lt;1&gt;
got "2"
</failure>
      <system-out>
hello

-Trace: a
b
</system-out>
    </testcase>
    <testcase name="boom" classname="ruby rspec / math" time="0.000">
      <error type="error" message="boom">boom</error>
    </testcase>
    <testcase name="later" classname="ruby rspec / math" time="0.000">
      <skipped type="skipped" message="not yet">not yet</skipped>
    </testcase>
  </testsuite>
  <testsuite name="ruby rspec / math / deep" tests="1" failures="0" errors="0" skipped="0" time="0.000">
    <testcase name="works" classname="ruby rspec / math / deep" time="0.000">
    </testcase>
    <system-err>a warning
</system-err>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("a run that did not come to its end is an error in JUnit") {
  Report report = sample_report();
  report.verdict = Verdict::time_limit;
  report.reason = "took too long";
  CHECK_THAT(junit_xml(report), ContainsSubstring("<testcase name=\"run\""));
  CHECK_THAT(junit_xml(report),
             ContainsSubstring("<error type=\"error\" message=\"time_limit: took too long\">"));
  CHECK_THAT(junit_xml(report), ContainsSubstring("tests=\"6\" failures=\"1\" errors=\"2\""));
  for (const Verdict verdict : {Verdict::no_tests, Verdict::report_broken, Verdict::compile_error,
                                Verdict::setup_error, Verdict::signaled, Verdict::cancelled}) {
    Report broken;
    broken.test_mode = true;
    broken.verdict = verdict;
    CHECK_THAT(junit_xml(broken), ContainsSubstring("tests=\"1\" failures=\"0\" errors=\"1\""));
  }
}

TEST_CASE("plain runs and cases are tests, too") {
  Report plain;
  plain.language = "c";
  plain.out = "2\n";
  CHECK_THAT(junit_xml(plain), ContainsSubstring("<system-out>2\n</system-out>"));
  CHECK_THAT(junit_xml(plain), ContainsSubstring("tests=\"1\" failures=\"0\" errors=\"0\""));
  Report cases;
  cases.cases.resize(3);
  cases.cases[1].verdict = Verdict::wrong_output;
  cases.cases[1].reason = "line 1 differs";
  cases.cases[2].verdict = Verdict::signaled;
  cases.verdict = Verdict::wrong_output;
  CHECK_THAT(junit_xml(cases), ContainsSubstring("tests=\"3\" failures=\"1\" errors=\"1\""));
  CHECK_THAT(junit_xml(cases), ContainsSubstring("message=\"wrong_output: line 1 differs\""));
}

TEST_CASE("characters that XML forbids are replaced, the others escaped") {
  Report report;
  report.out = std::string("a\0b\x01\x1b[31mred\x1b[0m \xff \xef\xbf\xbe ]]> &\r\n\t", 30);
  CHECK_THAT(junit_xml(report), ContainsSubstring("<system-out>a\xef\xbf\xbd"
                                                  "b\xef\xbf\xbdred \xef\xbf\xbd \xef\xbf\xbd "
                                                  "]]&gt; &amp;&#13;\n"));
  Report named = sample_report();
  named.tests.children[0].name = "a\"\n\x7f\xed\xa0\x80";
  CHECK_THAT(junit_xml(named),
             ContainsSubstring("/ a&quot;&#10;\x7f\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""));
}
