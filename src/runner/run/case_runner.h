// Runs the last step of a plan once for each of its cases.
#pragma once

#include "cloche/runner.h"
#include "runner/request/plan.h"
#include "runner/run/execution.h"
#include "runner/run/plan_sandbox.h"
#include "runner/run/stopwatch.h"

namespace cloche::runner {

class CaseRunner {
 public:
  // The arguments must outlive this.
  CaseRunner(const Plan& plan, const RunOptions& options, PlanSandbox& sandbox, Report& report,
             Stopwatch& watch)
      : plan_(plan), options_(options), sandbox_(sandbox), report_(report), watch_(watch) {}

  // Each case begins with the files that the earlier steps left, and sees nothing of other cases.
  void run_all();

 private:
  // True if the caller cancelled.
  bool run_each();
  bool is_cancelled() const;
  void take(Execution done, const Case& one);

  const Plan& plan_;
  const RunOptions& options_;
  PlanSandbox& sandbox_;
  Report& report_;
  Stopwatch& watch_;
  std::uint64_t room_ = 0;  // bytes that the output of further cases may still take
};

}  // namespace cloche::runner
