// Words of profiles in real runs. The language is made for the test: its programs are shell and
// Python scripts on the image "python".
#include "catch.h"
#include "toy.h"

using namespace cloche::runner;

namespace {

Report run_with(const std::string& words, const Request& request) {
  const Data data(
      {{"profiles/languages/words.json", R"({"language": "words", "extension": "sh", )"
                                         R"("versions": [{"version": "1", "image": "python"}], )" +
                                             words + "}"}});
  return Runner().run(request);
}

Request words(const std::string& solution) {
  Request request;
  request.language = "words";
  request.solution = solution;
  return request;
}

}  // namespace

TEST_CASE("a file is named after the code, from a layout, beside one of the adapter") {
  const char* const profile = R"--("adapter": "python",
    "names": {"main": {"from": "solution", "match": "# program (\\w+)", "error": "No program."}},
    "layouts": {"code": {"${main}.sh": "${solution}"}},
    "run": {"files": ["code", {"lib/channel.py": {"adapter": "channel.py"}}],
            "run": {"argv": ["sh", "${main}.sh", "${adapter}"]}})--";
  const Report report =
      run_with(profile, words("# program kata\nls; cmp lib/channel.py $1/channel.py && echo same"));
  CHECK(report.verdict == Verdict::ok);
  CHECK(report.out == "kata.sh\nlib\nsolution.txt\nsame\n");
  const Report refused = run_with(profile, words("echo 1"));
  CHECK(refused.verdict == Verdict::setup_error);
  CHECK_THAT(refused.err, ContainsSubstring("Error: No program. (no part of the solution matches"));
}

TEST_CASE("a mode has limits of its own") {
  const char* const profile = R"("limits": {"wall_ms": 60000},
    "run": {"limits": {"wall_ms": 100}, "run": {"argv": ["sleep", "30"]}})";
  const Report report = run_with(profile, words("x"));
  CHECK(report.verdict == Verdict::time_limit);
  CHECK(report.time_limit == std::chrono::milliseconds(100));
}

namespace {

Report converted(const std::string& fixture, const std::string& convert = "report.tap") {
  Request request = words("");
  request.fixture = fixture;
  return run_with(R"("run": {"run": {"argv": ["true"]}}, "frameworks": [{"name": "tap",
    "files": {"t.sh": "${fixture}"}, "limits": {"wall_ms": 2000}, "run": {"argv": ["sh", "t.sh"]},
    "convert": {"argv": ["perl", "/cloche/adapters/convert/tap.pl", ")" +
                      convert + R"("]}}])",
                  request);
}

}  // namespace

TEST_CASE("a report in a file is converted after the tests have ended") {
  const Report report = converted(R"(echo printed; cat > report.tap <<'END'
TAP version 14
    # Subtest: group
    ok 1 - one
    not ok 2 - two
      ---
      message: 'Expected 1'
      duration_ms: 1.5
      ...
    1..2
not ok 1 - group
ok 2 - later # SKIP why
ok 3 - a \\# b
# a comment
1..3
END
exit 1)");
  CHECK(report.verdict == Verdict::tests_failed);
  CHECK(report.out ==
        "printed\n\n<DESCRIBE::>group\n\n<IT::>one\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>\n"
        "\n<IT::>two\n\n<FAILED::>Expected 1\n\n<LOG:ESC:Diagnostics>message: 'Expected 1'<:LF:>"
        "duration_ms: 1.5\n\n<COMPLETEDIN::>1.5\n\n<COMPLETEDIN::>\n\n<IT::>later\n"
        "\n<COMPLETEDIN::>\n\n<IT::>a # b\n\n<PASSED::>Test Passed\n\n<COMPLETEDIN::>\n");
  CHECK(report.counts.tests == 4);
  CHECK(report.counts.failed == 1);
  CHECK(report.counts.skipped == 1);
  CHECK(report.exit_code == 1);
}

TEST_CASE("a report that is not complete has not passed") {
  for (const char* fixture :
       {"true", "echo 'ok 1' > report.tap", "printf 'ok 1\\n1..2\\n' > report.tap",
        "ln -s t.sh report.tap", "mkfifo report.tap", "mkdir report.tap",
        "printf '    ok 1\\nok 1\\n1..1\\n' > report.tap"}) {
    INFO(fixture);
    const Report report = converted(fixture);
    CHECK(report.verdict == Verdict::report_broken);
    CHECK_THAT(report.reason, ContainsSubstring("the report of the tests could not be read"));
    CHECK_THAT(report.err, ContainsSubstring("The report of the tests is not complete: "));
  }
  CHECK(converted("echo 1..0 > report.tap").verdict == Verdict::no_tests);
  CHECK(converted("echo 'Bail out! no' > report.tap").verdict == Verdict::tests_failed);
}

TEST_CASE("the tests have no channel where a report is converted, and a limit is still the verdict") {
  const Report silent = converted(
      "test -z $CLOCHE_CHANNEL && test ! -e /proc/self/fd/3 && printf 'ok 1\\n1..1\\n' > report.tap");
  CHECK(silent.verdict == Verdict::ok);
  const Report late = converted("printf '1..2\\nok 1\\n' > report.tap; sleep 60");
  CHECK(late.verdict == Verdict::time_limit);
  const Report missing = converted("true", "none.tap");
  CHECK_THAT(missing.err, ContainsSubstring("none.tap: No such file"));
}
