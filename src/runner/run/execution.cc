#include "runner/run/execution.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <limits>

#include "runner/report/tokens.h"
#include "runner/report/verdict.h"
#include "runner/run/cancel.h"
#include "runner/run/collector.h"

namespace cloche::runner {

namespace {

// Inside, answers are read from this descriptor; events are written to the next.
constexpr int kChannelFd = 3;

// Says how cloche ended the program, or why it could not start it, in the words that callers know.
std::string explanation(const Execution& done, const Plan& plan) {
  const Result& result = done.result;
  std::string text;
  if (done.verdict == Verdict::time_limit) text += time_explanation(result, plan.run.limits);
  if (done.verdict == Verdict::output_limit)
    text += std::string("Max Buffer reached: Too much information has been written to ") +
            (done.out_truncated ? "stdout" : "stderr") + ".\n";
  if (done.verdict == Verdict::memory_limit)
    text += "Process was terminated. It used more than " +
            std::to_string(plan.run.limits.memory_bytes >> 20) + " MB of memory\n";
  if (done.verdict == Verdict::syscall_denied)
    text += "Process was terminated. It " + result.reason + "\n";
  if (done.verdict == Verdict::call_error) text += "Error: " + done.reason + "\n";
  if (result.status == Status::not_started) {
    const char* name = strerrorname_np(result.exec_errno);
    text += "Error: spawn " + (plan.run.argv.empty() ? "" : plan.run.argv.front()) + " " +
            (name ? name : std::to_string(result.exec_errno)) + "\n";
  }
  return text;
}

// Readers look for the reason of an end at the end of standard error, so the explanation goes
// there.
void explain(Execution& done, const Plan& plan, bool join_output) {
  const bool killed =
      done.verdict == Verdict::time_limit || done.verdict == Verdict::output_limit ||
      done.verdict == Verdict::memory_limit || done.verdict == Verdict::cancelled ||
      done.verdict == Verdict::syscall_denied || done.result.status == Status::not_started;
  done.own_output = done.out.size();
  (join_output ? done.out : done.err) += explanation(done, plan);
  if (!killed) return;
  done.exit_code.reset();
  done.signal = SIGKILL;
}

Token token_of(const Event& event, const std::string& rendered) {
  return {std::string(name_of(event.tag)),
          event.text,
          event.mode,
          event.label,
          event.milliseconds,
          rendered};
}

void bound_output(Collector& collector, Limits& limits, const RunOptions& options) {
  // The collector ends a run that writes too much. The sandbox's own limit must not end it first.
  limits.stdout_bytes = 5 * kMaxCharacters;
  if (!options.output_bytes) return;
  collector.bound_by_bytes(*options.output_bytes);
  const std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  limits.stdout_bytes = limits.stderr_bytes =
      *options.output_bytes == most ? most : *options.output_bytes + 1;
}

Execution judged(Result result, Collector& collector, const Plan& plan) {
  Execution done;
  Facts facts;
  facts.last = &result;
  facts.out_full = collector.out_full();
  facts.err_full = collector.err_full();
  facts.reporter = plan.reporter;
  facts.call = plan.call;
  facts.value = &collector.value();
  facts.ended = collector.tree().ended();
  facts.went_on = collector.tree().went_on();
  facts.forged_lines = collector.forged();
  facts.channel_broken = collector.broken();
  auto tree = collector.tree().finish();
  done.tests = std::move(tree.root);
  done.counts = facts.counts = tree.counts;
  auto judgement = judge(facts);
  done.verdict = judgement.verdict;
  done.reason = std::move(judgement.reason);
  if (plan.call && done.verdict == Verdict::ok) done.value = collector.value().json;
  done.out = std::move(collector.out);
  done.err = std::move(collector.err);
  done.out_truncated = facts.out_full;
  done.err_truncated = facts.err_full || result.err.truncated;
  done.forged_lines = facts.forged_lines;
  done.exit_code = result.exit_code;
  done.signal = result.signal;
  done.result = std::move(result);
  return done;
}

void add_channel(Command& command, Collector& collector) {
  command.environment->push_back("CLOCHE_CHANNEL=" + std::to_string(kChannelFd));
  command.channel = Channel{kChannelFd, collector.greeting(),
                            [&](std::string_view bytes) { return collector.channel(bytes); }};
}

// Whether the last step came far enough to write a report, if only a part of it.
bool has_left_files(const Result& result) {
  return result.status != Status::not_started && result.status != Status::cancelled;
}

// Runs the step that reports what the last step left in a file. No process of the last step lives
// by now. Returns the problem if the step failed.
std::string convert(PlanSandbox& sandbox, Collector& collector, const Plan& plan,
                    const CancelSource& cancel) {
  sandbox.begin("convert");
  Command command = sandbox.command_for(*plan.convert);
  command.cancel_fd = cancel.fd();
  add_channel(command, collector);
  const Result result = sandbox.exec(command);
  if (result.status == Status::ok) return {};
  collector.output(2, result.out.bytes);
  collector.output(2, result.err.bytes);
  return "the report of the tests could not be read: " + result.reason;
}

}  // namespace

std::string too_long(std::chrono::nanoseconds limit) {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(limit);
  return "Process was terminated. It took longer than " + std::to_string(time.count()) +
         "ms to complete\n";
}

std::string time_explanation(const Result& result, const Limits& limits) {
  if (result.wall_time >= limits.wall_time || limits.cpu_time.count() == 0)
    return too_long(limits.wall_time);
  return "Process was terminated. It " + result.reason + "\n";
}

Execution execute_last(PlanSandbox& sandbox, Command command, const Plan& plan,
                       const RunOptions& options) {
  CancelSource cancel(options.cancel_fd);
  Collector collector(plan.reporter ? make_nonce() : std::string(),
                      [&cancel] { cancel.trigger(); });
  const Observer& observer = options.observer;
  if (observer.on_token)
    collector.on_token = [&observer](const Event& event, const std::string& rendered) {
      observer.on_token(token_of(event, rendered));
    };
  bound_output(collector, *command.limits, options);
  command.cancel_fd = cancel.fd();
  command.capture = false;
  command.on_output = [&](int fd, std::string_view bytes) {
    const std::string_view kept = collector.output(fd, bytes);
    if (observer.on_output && !kept.empty()) observer.on_output(fd, kept);
  };
  if (plan.reporter && !plan.convert) add_channel(command, collector);
  Result result = sandbox.exec(command);
  std::string problem;
  if (plan.convert && has_left_files(result)) problem = convert(sandbox, collector, plan, cancel);
  if (collector.full() && result.status == Status::cancelled) {
    result.status = Status::output_limit;
    result.reason_code = collector.out_full() ? Reason::stdout_limit : Reason::stderr_limit;
    result.reason = collector.out_full() ? "too much was written to standard output"
                                         : "too much was written to standard error";
  }
  Execution done = judged(std::move(result), collector, plan);
  if (!problem.empty() && done.verdict == Verdict::report_broken) done.reason = problem;
  explain(done, plan, options.join_output);
  return done;
}

}  // namespace cloche::runner
