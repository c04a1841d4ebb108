// Carries out a plan: runs its steps one after the other and builds the report.
#pragma once

#include "cloche/runner.h"
#include "runner/request/plan.h"
#include "runner/run/plan_sandbox.h"
#include "runner/run/stopwatch.h"

namespace cloche::runner {

// Runs a plan on its image. Reads no profile and no request. Throws Error image_missing and every
// Error of Sandbox.
Report run_plan(const image::Store& store, const Plan& plan, const RunOptions& options);

class PlanRunner {
 public:
  // Makes the sandbox. The arguments must outlive this.
  PlanRunner(const Plan& plan, const RunOptions& options, const image::Image& image, Report& report,
             Stopwatch& watch);

  void run_steps();

 private:
  Command helper_command(const PlannedStep& step) const;
  void run_shell();
  // False if a step failed, which ends the run.
  bool compile();
  void fail_compile(const PlannedStep& step, const StepReport& done);
  void run_last();

  const Plan& plan_;
  const RunOptions& options_;
  PlanSandbox sandbox_;
  Report& report_;
  Stopwatch& watch_;
};

// Removes from a stream the text that its reader should not see. Joined output may hold either
// stream's.
std::string cleaned_out(std::string text, const Plan& plan, bool joined);
std::string cleaned_err(std::string text, const Plan& plan);

}  // namespace cloche::runner
