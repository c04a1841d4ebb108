#include "runner/report/verdict.h"

#include "runner/report/report_json.h"
#include "util/text.h"

namespace cloche::runner {

namespace {

std::string number(std::uint64_t count, const char* one, const char* many) {
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string test_summary(const Counts& counts) {
  std::string text =
      std::to_string(counts.passed) + " of " + number(counts.tests, "test", "tests") + " passed";
  if (counts.failed > 0) text += ", " + std::to_string(counts.failed) + " failed";
  if (counts.errors > 0) text += ", " + number(counts.errors, "error", "errors");
  if (counts.skipped > 0) text += ", " + std::to_string(counts.skipped) + " skipped";
  return text;
}

Judgement judge_end(const Facts& facts) {
  const Result& last = *facts.last;
  const bool tests = facts.reporter && !facts.call;
  const std::string early = tests && !facts.ended ? " before all tests were reported" : "";
  if (last.status == Status::signaled) {
    const int signal = last.signal.value_or(0);
    return {Verdict::signaled, "the program was ended by " + signal_name(signal) + early};
  }
  if (last.status == Status::not_started) return {Verdict::runtime_error, last.reason};
  return {Verdict::runtime_error, "the program ended with exit code " +
                                      std::to_string(last.exit_code.value_or(-1)) + early};
}

Judgement forged(const Facts& facts) {
  return {Verdict::report_broken, number(facts.forged_lines, "line", "lines") +
                                      " on the reporter's channel did not come from the reporter"};
}

Judgement judge_tests(const Facts& facts) {
  const Counts& counts = facts.counts;
  const bool program_failed = facts.last->status != Status::ok;
  // The runner ends a program whose channel is broken, so the program's end says nothing then.
  if (facts.channel_broken) return forged(facts);
  if (!facts.ended)
    return program_failed ? judge_end(facts)
                          : Judgement{Verdict::report_broken,
                                      "the program ended before all tests were reported"};
  if (facts.forged_lines > 0) return forged(facts);
  if (facts.went_on)
    return {Verdict::report_broken, "tests were reported after the end of the report"};
  if (counts.failed + counts.errors > 0) return {Verdict::tests_failed, test_summary(counts)};
  // Many frameworks exit with code 1 if a test failed. Here none failed, so the exit code counts.
  if (program_failed) return judge_end(facts);
  if (counts.passed == 0) return {Verdict::no_tests, "no test passed or failed"};
  return {Verdict::ok, test_summary(counts)};
}

Judgement judge_call(const Facts& facts) {
  const CallOutcome& value = *facts.value;
  if (facts.channel_broken) return forged(facts);
  if (value.error) return {Verdict::call_error, *value.error};
  if (facts.last->status != Status::ok) return judge_end(facts);
  if (!value.json || !facts.ended)
    return {Verdict::call_error, "the program ended before the function returned"};
  if (facts.forged_lines > 0 || facts.went_on || value.again)
    return {Verdict::report_broken, "the reporter's channel did not carry exactly one value"};
  return {Verdict::ok, "the function returned a value"};
}

}  // namespace

Judgement judge(const Facts& facts) {
  if (facts.out_full) return {Verdict::output_limit, "too much was written to standard output"};
  if (facts.err_full) return {Verdict::output_limit, "too much was written to standard error"};
  switch (facts.last->status) {
    case Status::time_limit:
      return {Verdict::time_limit, facts.last->reason};
    case Status::memory_limit:
      return {Verdict::memory_limit, facts.last->reason};
    case Status::output_limit:
      return {Verdict::output_limit, facts.last->reason};
    case Status::syscall_denied:
      return {Verdict::syscall_denied, facts.last->reason};
    case Status::cancelled:
      return {Verdict::cancelled, "the run was cancelled"};
    default:
      break;
  }
  if (facts.call) return judge_call(facts);
  if (facts.reporter) return judge_tests(facts);
  if (facts.last->status != Status::ok) return judge_end(facts);
  return {Verdict::ok, "the program ended with exit code 0"};
}

Verdict verdict_of(Status status) {
  switch (status) {
    case Status::ok:
      return Verdict::ok;
    case Status::runtime_error:
    case Status::not_started:
      return Verdict::runtime_error;
    case Status::signaled:
      return Verdict::signaled;
    case Status::time_limit:
      return Verdict::time_limit;
    case Status::memory_limit:
      return Verdict::memory_limit;
    case Status::output_limit:
      return Verdict::output_limit;
    case Status::syscall_denied:
      return Verdict::syscall_denied;
    case Status::cancelled:
      return Verdict::cancelled;
  }
  return Verdict::runtime_error;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::tests_failed:
      return "tests_failed";
    case Verdict::runtime_error:
      return "runtime_error";
    case Verdict::signaled:
      return "signaled";
    case Verdict::compile_error:
      return "compile_error";
    case Verdict::time_limit:
      return "time_limit";
    case Verdict::memory_limit:
      return "memory_limit";
    case Verdict::output_limit:
      return "output_limit";
    case Verdict::syscall_denied:
      return "syscall_denied";
    case Verdict::no_tests:
      return "no_tests";
    case Verdict::report_broken:
      return "report_broken";
    case Verdict::setup_error:
      return "setup_error";
    case Verdict::cancelled:
      return "cancelled";
    case Verdict::wrong_output:
      return "wrong_output";
    case Verdict::call_error:
      return "call_error";
  }
  return "unknown";
}

}  // namespace cloche::runner
