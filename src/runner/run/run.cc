#include "runner/run/run.h"

#include <unistd.h>

#include <algorithm>

#include "runner/report/clean.h"
#include "runner/run/environment.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

constexpr const char* kAdapters = "/cloche/adapters";
// Kept of each stream of a compiler or of the setup script.
constexpr std::uint64_t kStepOutput = 1u << 20;

std::string command_line(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
  return line;
}

Spec make_spec(const Plan& plan, const Request& request, const image::Image& image) {
  Spec spec;
  spec.rootfs = image.rootfs;
  if (const auto ids = image::find_user(image, image.config.user))
    spec.user = {ids->user, ids->group};
  spec.binds = {{data_path("adapters"), kAdapters}};
  // Our own images have the directory, imported ones may lack it.
  if (::access((image.rootfs + kAdapters).c_str(), F_OK) != 0)
    spec.tmpfs.push_back({"/cloche", 1u << 16, 16});
  spec.work_dir = kWorkDirectory;
  spec.network = request.network;
  spec.strict = request.strict;
  spec.limits.memory_bytes = plan.memory_bytes;
  // That some step's CPU time is to be measured has to be known when the sandbox is made.
  spec.limits.cpu_time = std::max(plan.cpu, plan.compile_cpu);
  if (plan.tasks) spec.limits.tasks = *plan.tasks;
  if (request.cpus) spec.limits.cpus = *request.cpus;
  return spec;
}

}  // namespace

Run::Run(const Plan& plan, const Request& request, const RunOptions& options,
         const image::Image& image, Report& report, Stopwatch& watch)
    : plan_(plan),
      request_(request),
      options_(options),
      image_(image),
      spec_(make_spec(plan, request, image)),
      report_(report),
      watch_(watch) {
  begin("sandbox");
  box_.emplace(spec_);
}

void Run::go() {
  put_files();
  watch_.lap("sandbox");
  if (!plan_.shell_script.empty()) run_shell();
  if (!compile()) return;
  if (plan_.cases.empty())
    run_last();
  else
    run_cases();
}

void Run::begin(std::string_view phase) const {
  if (options_.observer.on_phase) options_.observer.on_phase(phase);
}

void Run::put_files() {
  for (const auto& [path, content] : plan_.files) box_->put(path, content);
}

Command Run::command_for(const PlannedStep& step, std::chrono::milliseconds wall) const {
  Command command;
  command.argv = step.argv;
  command.environment = merge_environment(spec_.environment, image_.config.env, step.environment);
  command.limits = spec_.limits;
  command.limits->wall_time = wall;
  command.limits->cpu_time = plan_.cpu;
  command.join_output = options_.join_output;
  command.cancel_fd = options_.cancel_fd;
  return command;
}

Command Run::helper_for(const PlannedStep& step, std::chrono::milliseconds wall) const {
  Command command = command_for(step, wall);
  command.limits->cpu_time = std::chrono::nanoseconds(0);
  command.limits->stdout_bytes = command.limits->stderr_bytes =
      std::min(kStepOutput, options_.output_bytes.value_or(kStepOutput));
  command.on_output = options_.observer.on_output;
  return command;
}

void Run::run_shell() {
  begin("shell");
  const PlannedStep step{{"bash", kShellScript}, plan_.run.environment};
  report_.shell = box_->exec(helper_for(step, kShellWall));
  if (report_.shell->status == Status::time_limit)
    (options_.join_output ? report_.shell->out : report_.shell->err).bytes += too_long(kShellWall);
  watch_.lap("shell");
}

bool Run::compile() {
  if (plan_.compile.empty()) return true;
  begin("compile");
  bool good = true;
  for (const PlannedStep& step : plan_.compile) {
    Command command = helper_for(step, plan_.compile_wall);
    command.limits->cpu_time = plan_.compile_cpu;
    command.limits->memory_bytes = plan_.compile_memory_bytes;
    Result result = box_->exec(command);
    good = result.status == Status::ok;
    if (!good) fail_compile(step, result);
    result.out.bytes = cleaned_out(std::move(result.out.bytes), plan_, options_.join_output);
    result.err.bytes = cleaned_err(std::move(result.err.bytes), plan_);
    report_.compile.push_back(std::move(result));
    if (!good) break;
  }
  watch_.lap("compile");
  return good;
}

void Run::fail_compile(const PlannedStep& step, const Result& result) {
  report_.verdict =
      result.status == Status::cancelled ? Verdict::cancelled : Verdict::compile_error;
  report_.reason = "the compiler failed";
  if (result.status != Status::runtime_error) report_.reason += ": " + result.reason;
  report_.compilation_failure = true;
  const std::string what = "Error: Command failed: " + command_line(step.argv) + "\n";
  if (options_.join_output) {
    report_.out = what + result.out.bytes;
  } else {
    report_.out = result.out.bytes;
    report_.err = what + result.err.bytes;
  }
  std::string& said = options_.join_output ? report_.out : report_.err;
  if (result.status == Status::time_limit)
    said += result.wall_time >= plan_.compile_wall || plan_.compile_cpu.count() == 0
                ? too_long(plan_.compile_wall)
                : "Process was terminated. It " + result.reason + "\n";
  if (result.status == Status::not_started) said += result.reason + "\n";
  report_.out_truncated = result.out.truncated;
  report_.err_truncated = result.err.truncated;
  report_.exit_code = result.exit_code;
  report_.signal = result.signal;
  report_.last = result;
  report_.last->out.bytes.clear();
  report_.last->err.bytes.clear();
}

void Run::run_last() {
  begin("run");
  Command command = command_for(plan_.run, plan_.wall);
  command.stdin_data = request_.stdin_data;
  command.stdin_fd = options_.stdin_fd;
  command.signal_fd = options_.signal_fd;
  Execution done = execute_last(*box_, std::move(command), plan_, options_);
  watch_.lap("run");
  report_.verdict = done.verdict;
  report_.reason = std::move(done.reason);
  report_.out = std::move(done.out);
  report_.err = std::move(done.err);
  report_.out_truncated = done.out_truncated;
  report_.err_truncated = done.err_truncated;
  report_.exit_code = done.exit_code;
  report_.signal = done.signal;
  report_.tests = std::move(done.tests);
  report_.counts = done.counts;
  report_.forged_lines = done.forged_lines;
  report_.value = std::move(done.value);
  report_.last = std::move(done.result);
}

std::string cleaned_out(std::string text, const Plan& plan, bool joined) {
  text = clean(hide(std::move(text), plan.hidden), plan.clean.out);
  return joined ? clean(std::move(text), plan.clean.err) : text;
}

std::string cleaned_err(std::string text, const Plan& plan) {
  return clean(hide(std::move(text), plan.hidden), plan.clean.err);
}

}  // namespace cloche::runner
