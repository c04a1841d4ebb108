#include "runner/run/plan_runner.h"

#include <algorithm>

#include "runner/report/clean.h"
#include "runner/report/diagnostics.h"
#include "runner/report/verdict.h"
#include "runner/run/case_runner.h"
#include "runner/run/execution.h"

namespace cloche::runner {

namespace {

std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
  return line;
}

// The report of a step without a reporter.
StepReport report_of(Result result) {
  StepReport done;
  done.verdict = verdict_of(result.status);
  done.reason = result.reason;
  done.out = std::move(result.out.bytes);
  done.err = std::move(result.err.bytes);
  result.out.bytes.clear();
  result.err.bytes.clear();
  done.out_truncated = result.out.truncated;
  done.err_truncated = result.err.truncated;
  done.exit_code = result.exit_code;
  done.signal = result.signal;
  done.result = std::move(result);
  return done;
}

}  // namespace

Report run_plan(const image::Store& store, const Plan& plan, const RunOptions& options) {
  Report report;
  Stopwatch watch(report);
  report.language = plan.language;
  report.version = plan.version;
  report.framework = plan.framework;
  report.image = plan.image;
  report.test_mode = plan.test_mode;
  report.compat = plan.compat;
  report.output_type = plan.output_type;
  report.time_limit =
      std::chrono::duration_cast<std::chrono::milliseconds>(plan.run.limits.wall_time);
  const image::Image image = store.find(plan.image);
  watch.lap("prepare");
  {
    PlanRunner runner(plan, options, image, report, watch);
    runner.run_steps();
  }
  watch.lap("teardown");
  report.out = cleaned_out(std::move(report.out), plan, options.join_output);
  report.err = cleaned_err(std::move(report.err), plan);
  watch.lap("report");
  return report;
}

PlanRunner::PlanRunner(const Plan& plan, const RunOptions& options, const image::Image& image,
                       Report& report, Stopwatch& watch)
    : plan_(plan),
      options_(options),
      sandbox_(plan, options, image),
      report_(report),
      watch_(watch) {}

void PlanRunner::run_steps() {
  sandbox_.put_files();
  watch_.lap("sandbox");
  if (plan_.shell) run_shell();
  if (!compile()) return;
  if (plan_.cases.empty())
    run_last();
  else
    CaseRunner(plan_, options_, sandbox_, report_, watch_).run_all();
}

// The command of a step before the last one. Its output is kept up to the limit; too much output
// does not end it.
Command PlanRunner::helper_command(const PlannedStep& step) const {
  Command command = sandbox_.command_for(step);
  for (std::uint64_t* bytes : {&command.limits->stdout_bytes, &command.limits->stderr_bytes})
    *bytes = std::min(*bytes, options_.output_bytes.value_or(*bytes));
  command.on_output = options_.observer.on_output;
  return command;
}

void PlanRunner::run_shell() {
  sandbox_.begin("shell");
  StepReport done = report_of(sandbox_.exec(helper_command(*plan_.shell)));
  if (done.verdict == Verdict::time_limit)
    (options_.join_output ? done.out : done.err) += too_long(plan_.shell->limits.wall_time);
  report_.shell = std::move(done);
  watch_.lap("shell");
}

bool PlanRunner::compile() {
  if (plan_.compile.empty()) return true;
  sandbox_.begin("compile");
  bool good = true;
  for (const PlannedStep& step : plan_.compile) {
    StepReport done = report_of(sandbox_.exec(helper_command(step)));
    for (std::string* text : {&done.out, &done.err})
      *text = name_user_lines(std::move(*text), plan_.diagnostics, plan_.sources);
    good = done.verdict == Verdict::ok;
    if (!good) fail_compile(step, done);
    done.out = cleaned_out(std::move(done.out), plan_, options_.join_output);
    done.err = cleaned_err(std::move(done.err), plan_);
    report_.compile.push_back(std::move(done));
    if (!good) break;
  }
  watch_.lap("compile");
  return good;
}

void PlanRunner::fail_compile(const PlannedStep& step, const StepReport& done) {
  const Status status = done.result.status;
  static_cast<StepReport&>(report_) = done;
  report_.step_ran = true;
  report_.compilation_failure = true;
  report_.verdict = status == Status::cancelled ? Verdict::cancelled : Verdict::compile_error;
  report_.reason = "the compiler failed";
  if (status != Status::runtime_error) report_.reason += ": " + done.reason;
  std::string& said = options_.join_output ? report_.out : report_.err;
  said.insert(0, "Error: Command failed: " + command_line(step.argv) + "\n");
  if (status == Status::time_limit) said += time_explanation(done.result, step.limits);
  if (status == Status::not_started) said += done.reason + "\n";
}

void PlanRunner::run_last() {
  sandbox_.begin("run");
  Command command = sandbox_.command_for(plan_.run);
  command.stdin_data = plan_.stdin_data;
  command.stdin_fd = options_.stdin_fd;
  command.signal_fd = options_.signal_fd;
  Execution done = execute_last(sandbox_, std::move(command), plan_, options_);
  watch_.lap("run");
  report_.tests = std::move(done.tests);
  report_.counts = done.counts;
  report_.forged_lines = done.forged_lines;
  report_.value = std::move(done.value);
  static_cast<StepReport&>(report_) = std::move(done);
  report_.step_ran = true;
}

std::string cleaned_out(std::string text, const Plan& plan, bool joined) {
  text = clean(hide(std::move(text), plan.hidden), plan.clean.out);
  return joined ? clean(std::move(text), plan.clean.err) : text;
}

std::string cleaned_err(std::string text, const Plan& plan) {
  return clean(hide(std::move(text), plan.hidden), plan.clean.err);
}

}  // namespace cloche::runner
