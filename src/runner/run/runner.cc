#include "cloche/runner.h"

#include "cloche/error.h"
#include "runner/request/plan.h"
#include "runner/request/refusal.h"
#include "runner/run/run.h"
#include "runner/run/stopwatch.h"

namespace cloche::runner {

namespace {

Report setup_error(const Request& request, const Error& error, bool join_output) {
  Report report;
  report.verdict = Verdict::setup_error;
  report.reason = error.what();
  report.language = request.language;
  report.version = request.version;
  report.framework = request.framework;
  report.compilation_failure = true;
  const auto* refusal = dynamic_cast<const Refusal*>(&error);
  (join_output ? report.out : report.err) =
      refusal == nullptr ? "Error: cannot " + report.reason
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
    return setup_error(request, error, options.join_output);
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
  report.out = cleaned_out(std::move(report.out), plan, options.join_output);
  report.err = cleaned_err(std::move(report.err), plan);
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
