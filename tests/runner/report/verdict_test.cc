#include "runner/report/verdict.h"

#include <csignal>

#include "catch.h"

using cloche::Result;
using cloche::Status;
using cloche::runner::Facts;
using cloche::runner::judge;
using cloche::runner::Verdict;

namespace {

Result ended(int exit_code) {
  Result result;
  result.status = exit_code == 0 ? Status::ok : Status::runtime_error;
  result.exit_code = exit_code;
  return result;
}

Result with(Status status) {
  Result result;
  result.status = status;
  result.reason = "because";
  return result;
}

// The facts of a good test run.
Facts good(const Result& last) {
  Facts facts;
  facts.last = &last;
  facts.reporter = true;
  facts.ended = true;
  facts.counts.tests = facts.counts.passed = 1;
  return facts;
}

}  // namespace

TEST_CASE("a plain run is judged by its end") {
  Facts facts;
  const Result ok = ended(0), bad = ended(3);
  facts.last = &ok;
  CHECK(judge(facts).verdict == Verdict::ok);
  facts.last = &bad;
  CHECK(judge(facts).verdict == Verdict::runtime_error);
  CHECK_THAT(judge(facts).reason, ContainsSubstring("exit code 3"));
  Result killed = with(Status::signaled);
  killed.signal = SIGSEGV;
  facts.last = &killed;
  CHECK(judge(facts).verdict == Verdict::signaled);
  CHECK_THAT(judge(facts).reason, ContainsSubstring("SIGSEGV"));
}

TEST_CASE("exit codes that look like limits are exit codes") {
  for (const int code : {124, 125, 137, 139}) {
    const Result last = ended(code);
    Facts facts;
    facts.last = &last;
    CHECK(judge(facts).verdict == Verdict::runtime_error);
  }
}

TEST_CASE("limits explain everything else") {
  const Result time = with(Status::time_limit), memory = with(Status::memory_limit),
               cancelled = with(Status::cancelled), ok = ended(0);
  CHECK(judge(good(time)).verdict == Verdict::time_limit);
  CHECK(judge(good(memory)).verdict == Verdict::memory_limit);
  CHECK(judge(good(cancelled)).verdict == Verdict::cancelled);
  Facts full = good(cancelled);
  full.out_full = true;
  CHECK(judge(full).verdict == Verdict::output_limit);
}

TEST_CASE("tests pass only when the reporter says so to the end") {
  const Result ok = ended(0), bad = ended(1);
  CHECK(judge(good(ok)).verdict == Verdict::ok);

  Facts facts = good(ok);
  facts.ended = false;
  CHECK(judge(facts).verdict == Verdict::report_broken);
  facts.last = &bad;
  CHECK(judge(facts).verdict == Verdict::runtime_error);

  facts = good(ok);
  facts.forged_lines = 1;
  CHECK(judge(facts).verdict == Verdict::report_broken);
  CHECK_THAT(judge(facts).reason, ContainsSubstring("1 line on"));

  // The runner ends a program whose channel is broken. That end is not the reason of the verdict.
  facts = good(bad);
  facts.ended = false;
  facts.forged_lines = 1;
  facts.channel_broken = true;
  CHECK(judge(facts).verdict == Verdict::report_broken);

  facts = good(ok);
  facts.went_on = true;
  CHECK(judge(facts).verdict == Verdict::report_broken);

  facts = good(ok);
  facts.counts = {};
  CHECK(judge(facts).verdict == Verdict::no_tests);
  facts.counts.tests = facts.counts.skipped = 2;
  CHECK(judge(facts).verdict == Verdict::no_tests);

  facts = good(ok);
  facts.counts.failed = 1;
  facts.counts.tests = 2;
  CHECK(judge(facts).verdict == Verdict::tests_failed);
  CHECK(judge(facts).reason == "1 of 2 tests passed, 1 failed");
  // Many frameworks exit with 1 if a test failed.
  facts.last = &bad;
  CHECK(judge(facts).verdict == Verdict::tests_failed);

  CHECK(judge(good(bad)).verdict == Verdict::runtime_error);
}
