#include "cloche/runner.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "cloche/error.h"
#include "runner/cancel.h"
#include "runner/clean.h"
#include "runner/collector.h"
#include "runner/environment.h"
#include "runner/plan.h"
#include "runner/refusal.h"
#include "runner/verdict.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

constexpr const char* kAdapters = "/cloche/adapters";
// Kept of each stream of a compiler or of the setup script.
constexpr std::uint64_t kStepOutput = 1u << 20;

// Says where the time of a run went.
class Stopwatch {
 public:
  explicit Stopwatch(Report& report) : report_(report) {}
  void lap(const char* phase) {
    const auto now = std::chrono::steady_clock::now();
    report_.phases.emplace_back(phase, now - start_);
    start_ = now;
  }

 private:
  Report& report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

std::string joined(const std::vector<std::string>& argv) {
  std::string line;
  for (const std::string& word : argv) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string too_long(std::chrono::milliseconds limit) {
  return "Process was terminated. It took longer than " + std::to_string(limit.count()) +
         "ms to complete\n";
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
  if (plan.tasks) spec.limits.tasks = *plan.tasks;
  if (request.cpus) spec.limits.cpus = *request.cpus;
  return spec;
}

// One run: the sandbox, and the report as it grows.
class Run {
 public:
  Run(const Plan& plan, const Request& request, const RunOptions& options,
      const image::Image& image, Report& report, Stopwatch& watch)
      : plan_(plan),
        request_(request),
        options_(options),
        image_(image),
        spec_(make_spec(plan, request, image)),
        box_(spec_),
        report_(report),
        watch_(watch) {}

  void go() {
    for (const auto& [path, content] : plan_.files) box_.put(path, content);
    watch_.lap("sandbox");
    if (!plan_.shell_script.empty()) run_shell();
    if (!compile()) return;
    run_last();
  }

 private:
  Command command_for(const PlannedStep& step, std::chrono::milliseconds wall) const {
    Command command;
    command.argv = step.argv;
    command.environment = merge_environment(spec_.environment, image_.config.env, step.environment);
    command.limits = spec_.limits;
    command.limits->wall_time = wall;
    command.cancel_fd = options_.cancel_fd;
    return command;
  }

  Command helper_for(const PlannedStep& step, std::chrono::milliseconds wall) const {
    Command command = command_for(step, wall);
    command.limits->stdout_bytes = kStepOutput;
    command.limits->stderr_bytes = kStepOutput;
    return command;
  }

  void run_shell() {
    const PlannedStep step{{"bash", kShellScript}, plan_.run.environment};
    report_.shell = box_.exec(helper_for(step, kShellWall));
    if (report_.shell->status == Status::time_limit)
      report_.shell->err.bytes += too_long(kShellWall);
    watch_.lap("shell");
  }

  bool compile() {
    for (const PlannedStep& step : plan_.compile) {
      const Result result = box_.exec(helper_for(step, plan_.compile_wall));
      if (result.status == Status::ok) continue;
      watch_.lap("compile");
      fail_compile(step, result);
      return false;
    }
    if (!plan_.compile.empty()) watch_.lap("compile");
    return true;
  }

  void fail_compile(const PlannedStep& step, const Result& result) {
    report_.verdict =
        result.status == Status::cancelled ? Verdict::cancelled : Verdict::compile_error;
    report_.reason = "the compiler failed";
    if (result.status != Status::runtime_error) report_.reason += ": " + result.reason;
    report_.compilation_failure = true;
    report_.out = result.out.bytes;
    report_.err = "Error: Command failed: " + joined(step.argv) + "\n" + result.err.bytes;
    if (result.status == Status::time_limit) report_.err += too_long(plan_.compile_wall);
    if (result.status == Status::not_started) report_.err += result.reason + "\n";
    report_.out_truncated = result.out.truncated;
    report_.err_truncated = result.err.truncated;
    report_.exit_code = result.exit_code;
    report_.signal = result.signal;
    report_.last = result;
    report_.last->out.bytes.clear();
    report_.last->err.bytes.clear();
  }

  void run_last() {
    CancelSource cancel(options_.cancel_fd);
    Collector collector(plan_.reporter ? make_nonce() : std::string(),
                        [&cancel] { cancel.trigger(); });
    Command command = command_for(plan_.run, plan_.wall);
    command.stdin_data = request_.stdin_data;
    command.stdin_fd = options_.stdin_fd;
    command.cancel_fd = cancel.fd();
    command.capture = false;
    // The collector is what ends a run for too much output; this only must not come before it.
    command.limits->stdout_bytes = 5 * kMaxCharacters;
    command.on_output = [&](int fd, std::string_view bytes) { collector.output(fd, bytes); };
    if (plan_.reporter) {
      const int fd = 3;
      command.environment->push_back("CLOCHE_CHANNEL=" + std::to_string(fd));
      command.channel = Channel{fd, collector.greeting(),
                                [&](std::string_view bytes) { return collector.channel(bytes); }};
    }
    Result result = box_.exec(command);
    watch_.lap("run");
    if (collector.full() && result.status == Status::cancelled) {
      result.status = Status::output_limit;
      result.reason = "too much was written to standard output";
    }
    take(std::move(result), collector);
  }

  void take(Result result, Collector& collector) {
    report_.out = std::move(collector.out);
    report_.err = std::move(collector.err);
    report_.out_truncated = collector.full();
    report_.err_truncated = result.err.truncated;
    report_.forged_lines = collector.forged();
    Facts facts;
    facts.last = &result;
    facts.output_full = collector.full();
    facts.reporter = plan_.reporter;
    facts.ended = collector.tree().ended();
    facts.went_on = collector.tree().went_on();
    facts.forged_lines = collector.forged();
    auto tree = collector.tree().finish();
    report_.tests = std::move(tree.root);
    report_.counts = facts.counts = tree.counts;
    auto judgement = judge(facts);
    report_.verdict = judgement.verdict;
    report_.reason = std::move(judgement.reason);
    report_.exit_code = result.exit_code;
    report_.signal = result.signal;
    explain(result);
    report_.last = std::move(result);
  }

  // Limits are told where people look: at the end of the standard error output.
  void explain(const Result& result) {
    const bool killed =
        report_.verdict == Verdict::time_limit || report_.verdict == Verdict::output_limit ||
        report_.verdict == Verdict::memory_limit || report_.verdict == Verdict::cancelled ||
        report_.verdict == Verdict::syscall_denied;
    if (killed) {
      report_.exit_code.reset();
      report_.signal = SIGKILL;
    }
    if (report_.verdict == Verdict::time_limit) report_.err += too_long(plan_.wall);
    if (report_.verdict == Verdict::output_limit)
      report_.err += "Max Buffer reached: Too much information has been written to stdout.\n";
    if (report_.verdict == Verdict::memory_limit)
      report_.err += "Process was terminated. It used more than " +
                     std::to_string(plan_.memory_bytes >> 20) + " MB of memory\n";
    if (report_.verdict == Verdict::syscall_denied)
      report_.err += "Process was terminated. It " + result.reason + "\n";
    if (result.status == Status::not_started) {
      const char* name = strerrorname_np(result.exec_errno);
      report_.err += "Error: spawn " + (plan_.run.argv.empty() ? "" : plan_.run.argv.front()) +
                     " " + (name ? name : std::to_string(result.exec_errno)) + "\n";
      report_.exit_code.reset();
      report_.signal = SIGKILL;
    }
  }

  const Plan& plan_;
  const Request& request_;
  const RunOptions& options_;
  const image::Image& image_;
  const Spec spec_;
  Sandbox box_;
  Report& report_;
  Stopwatch& watch_;
};

void clean_report(Report& report, const Plan& plan) {
  report.out = clean(hide(std::move(report.out), plan.hidden), plan.clean.out);
  report.err = clean(hide(std::move(report.err), plan.hidden), plan.clean.err);
}

Report setup_error(const Request& request, const Error& error) {
  Report report;
  report.verdict = Verdict::setup_error;
  report.reason = error.what();
  report.language = request.language;
  report.version = request.version;
  report.framework = request.framework;
  report.compilation_failure = true;
  const auto* refusal = dynamic_cast<const Refusal*>(&error);
  report.err = refusal == nullptr ? "Error: cannot " + report.reason
                                  : "Error: " + refusal->message() + " (" + error.hint() + ")";
  return report;
}

}  // namespace

Runner::Runner(image::Store store) : store_(std::move(store)) {}

Report Runner::run(const Request& request, const RunOptions& options) const {
  Report report;
  Stopwatch watch(report);
  const FoundProfile found = find_profile(request.language, profile_directory());
  Plan plan;
  try {
    plan = make_plan(request, found);
  } catch (const Error& error) {
    if (options.throw_setup_errors) throw;
    return setup_error(request, error);
  }
  report.language = plan.language;
  report.version = plan.version;
  report.framework = plan.framework;
  report.image = plan.image;
  report.test_mode = plan.test_mode;
  report.output_type = plan.output_type;
  report.time_limit = plan.wall;
  const image::Image image = store_.find(plan.image);
  watch.lap("prepare");
  {
    Run run(plan, request, options, image, report, watch);
    run.go();
  }
  watch.lap("teardown");
  clean_report(report, plan);
  watch.lap("report");
  return report;
}

Planned Runner::plan(const Request& request) const {
  const Plan plan = make_plan(request, find_profile(request.language, profile_directory()));
  Planned planned{plan.language, plan.version, plan.framework, plan.image};
  planned.test_mode = plan.test_mode;
  planned.wall = plan.wall;
  planned.compile_wall = plan.compile_wall;
  planned.compile_steps = plan.compile.size();
  planned.memory_bytes = std::max(plan.memory_bytes, request.compile_memory_bytes.value_or(0));
  return planned;
}

}  // namespace cloche::runner
