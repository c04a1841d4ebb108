// The runner through real sandboxes.
#include "cloche/runner.h"

#include <sys/eventfd.h>

#include "catch.h"
#include "cloche/error.h"
#include "toy.h"
#include "util/fd.h"

using namespace cloche::runner;
using cloche::UniqueFd;

namespace {

Report run_tests(const std::string& script) {
  Request request = toy();
  request.solution = "unused";
  request.fixture = kSpeak + script;
  return run(request);
}

}  // namespace

TEST_CASE("tokens stand exactly where they were said") {
  const Report report = run_tests(R"(
    printf foo; echo err >&2
    say PASSED one
    printf bar
    say FAILED "$two_lines" 0
    echo end
    say END
  )");
  CHECK(report.out == "foo\n<PASSED::>one\nbar<FAILED::>a<:LF:>b\nend\n");
  CHECK(report.err == "err\n");
  CHECK(report.verdict == Verdict::tests_failed);
  CHECK(report.counts.passed == 1);
  CHECK(report.counts.failed == 1);
  CHECK(report.framework == "raw");
}

TEST_CASE("a report without its last word is broken") {
  Report report = run_tests(R"(say PASSED one)");
  CHECK(report.verdict == Verdict::report_broken);
  CHECK(report.counts.passed == 1);
  report = run_tests(R"(say PASSED one; exit 3)");
  CHECK(report.verdict == Verdict::runtime_error);
  CHECK(report.exit_code == 3);
  report = run_tests(R"(say PASSED one; exec 4>&-; echo still here)");
  CHECK(report.verdict == Verdict::report_broken);
  CHECK_THAT(report.out, ContainsSubstring("still here"));
}

TEST_CASE("after a forged line nothing on the channel is believed") {
  const char* const forged[] = {
      R"(printf 'PASSED 1 6 0 0 0\nforged' >&4)",
      R"(printf '%s\n' '00000000000000000000000000000000 PASSED 1 6 0 0 0' forged >&4)",
      R"(printf '%s PASSED 1 -6 0 0 0\nforged' "$nonce" >&4)",
      R"(printf '%s FORGED 1 0 0 0 0\n' "$nonce" >&4)",
      R"(head -c 5000000 /dev/zero | tr '\0' x >&4)",
  };
  for (const char* line : forged) {
    INFO(line);
    const Report report = run_tests("say PASSED early\n" + std::string(line) + R"(
      say PASSED forged
      say END
      exit 3
    )");
    CHECK(report.forged_lines == 1);
    CHECK(report.counts.tests == 1);
    CHECK(report.counts.passed == 1);
    CHECK(report.verdict == Verdict::report_broken);
    CHECK(report.out == "\n<PASSED::>early\n");
  }
}

TEST_CASE("an event that breaks off is forged, too") {
  const Report report = run_tests(R"(
    say PASSED whole
    say END
    printf '%s FAILED 1 60 0 0 0\nhalf' "$nonce" >&4
  )");
  CHECK(report.forged_lines == 1);
  CHECK(report.counts.failed == 0);
  CHECK(report.verdict == Verdict::report_broken);
  // A program that ends by itself gives the better explanation.
  const Report killed = run_tests(R"(
    say PASSED whole
    printf '%s FAILED 1 60 0 0 0\nhalf' "$nonce" >&4
    kill -9 $$
  )");
  CHECK(killed.verdict == Verdict::signaled);
}

TEST_CASE("events before a time-out are not lost") {
  Request request = toy();
  request.solution = "unused";
  request.timeout = std::chrono::milliseconds(1500);
  request.fixture = kSpeak + R"(
    say IT fast
    say PASSED yes
    say COMPLETEDIN "" 1 1
    say IT slow
    printf 'no line break'
    sleep 60
  )";
  const Report report = run(request);
  CHECK(report.verdict == Verdict::time_limit);
  CHECK(report.out ==
        "\n<IT::>fast\n\n<PASSED::>yes\n\n<COMPLETEDIN::>\n\n<IT::>slow\nno line break");
  CHECK(report.counts.passed == 1);
  CHECK(report.counts.errors == 1);
  CHECK(report.signal == 9);
  CHECK_FALSE(report.exit_code);
}

TEST_CASE("a flood of events is too much output") {
  const Report report = run_tests(R"(
    text=$(head -c 60000 /dev/zero | tr '\0' x)
    while say LOG "$text"; do :; done
  )");
  CHECK(report.verdict == Verdict::output_limit);
  CHECK(report.out.size() <= 1536000);
}

TEST_CASE("a flood of events that show nothing is too much output") {
  const Report report = run_tests(R"(
    while say SKIPPED "" 0; do
      for i in 1 2 3 4 5 6 7 8; do printf '%s SKIPPED 0 0 8000000 0 0\n' "$nonce" >&4
        head -c 8000000 /dev/zero >&4; done
    done
  )");
  CHECK(report.verdict == Verdict::output_limit);
  CHECK(report.counts.skipped == 10);
}

TEST_CASE("compiling does not count against the limit of the run") {
  Request request = toy();
  request.solution = "echo ran";
  request.timeout = std::chrono::milliseconds(900);
  request.options["compile"] = {"sleep 1"};
  const Report report = run(request);
  CHECK(report.out == "ran\n");
  CHECK(report.verdict == Verdict::ok);
}

TEST_CASE("a failed compilation ends the run") {
  Request request = toy();
  request.solution = "echo ran";
  request.options["compile"] = {"echo told; echo why >&2; exit 7"};
  const Report report = run(request);
  CHECK(report.verdict == Verdict::compile_error);
  CHECK(report.compilation_failure);
  CHECK(report.exit_code == 7);
  CHECK(report.out == "told\n");
  CHECK(report.err == "Error: Command failed: sh -c echo told; echo why >&2; exit 7\nwhy\n");
}

TEST_CASE("a plain run has no channel") {
  Request request = toy();
  request.solution = "echo \"${CLOCHE_CHANNEL-none}\"; ls /proc/self/fd | tr '\\n' ' '";
  const Report report = run(request);
  // ls itself opens the directory as descriptor 3.
  CHECK(report.out == "none\n0 1 2 3 ");
}

TEST_CASE("output is cleaned") {
  Request request = toy();
  request.solution = "echo aSECRETb";
  CHECK(run(request).out == "aSECRETb\n");
  request.compat = Compat::codewars;
  CHECK(run(request).out == "ab\n");
}

TEST_CASE("code goes through as it is") {
  Request request = toy();
  request.solution = std::string("printf 'a\xff' # \0 \xfe", 18);
  request.files["bytes"] = std::string("\0\xff\r\n", 4);
  CHECK(run(request).out == "a\xff");
  request.solution = "od -An -tx1 bytes solution.txt | tr -d ' \\n'";
  CHECK_THAT(run(request).out, ContainsSubstring("00ff0d0a6f64"));
}

TEST_CASE("a run can be cancelled") {
  const Data data;
  Request request = toy();
  request.solution = "sleep 60";
  const UniqueFd cancel(::eventfd(1, EFD_CLOEXEC));
  RunOptions options;
  options.cancel_fd = cancel.get();
  const Report report = Runner().run(request, options);
  CHECK(report.verdict == Verdict::cancelled);
}

TEST_CASE("a request that cannot be run gives a report or, on demand, an error") {
  const Data data;
  Request request = toy();
  request.version = "7";
  const Report report = Runner().run(request);
  CHECK(report.verdict == Verdict::setup_error);
  CHECK(report.compilation_failure);
  CHECK(report.err == "Error: toy version 7 is not supported (versions of toy: 1)");
  RunOptions options;
  options.throw_setup_errors = true;
  CHECK_THROWS_AS(Runner().run(request, options), cloche::Error);
  request.language = "nothing";
  CHECK_THROWS_AS(Runner().run(request), cloche::Error);
}

TEST_CASE("a setup script can change the files") {
  Request request = toy();
  request.solution = "x";
  request.bash = "rm -f s.sh";
  const Report report = run(request);
  CHECK(report.verdict == Verdict::runtime_error);
  REQUIRE(report.shell);
  CHECK(report.shell->exit_code == 0);
}

TEST_CASE("a program that is not there is told") {
  Request request = toy();
  request.solution = "x";
  request.options["program"] = {"no-such-program"};
  const Report report = run(request);
  CHECK(report.verdict == Verdict::runtime_error);
  CHECK(report.err == "Error: spawn no-such-program ENOENT\n");
  CHECK_FALSE(report.exit_code);
  CHECK(report.signal == 9);
}
