#include "cloche/runner.h"

#include "cloche/error.h"
#include "runner/profile/refusal.h"
#include "runner/request/plan.h"
#include "runner/run/plan_runner.h"

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
  FoundProfile found = find_profile(request.language, profile_directory());
  Plan plan;
  try {
    plan = make_plan(settle(request, std::move(found)));
  } catch (const Error& error) {
    if (options.throw_setup_errors) throw;
    return setup_error(request, error, options.join_output);
  }
  return run_plan(store_, plan, options);
}

Planned Runner::plan(const Request& request) const {
  const Plan plan = make_plan(settle(request));
  Planned planned{plan.language, plan.version, plan.framework, plan.image};
  planned.test_mode = plan.test_mode;
  planned.run = plan.run.limits;
  for (const PlannedStep& step : plan.compile) planned.compile.push_back(step.limits);
  planned.memory_bytes = memory_of(plan);
  return planned;
}

}  // namespace cloche::runner
