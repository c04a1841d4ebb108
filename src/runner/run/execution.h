// Executes the last step once, collects its output and finds its verdict.
#pragma once

#include <optional>
#include <string>

#include "cloche/runner.h"
#include "runner/request/plan.h"
#include "runner/run/plan_sandbox.h"

namespace cloche::runner {

// `out` and `err` contain the tokens and end with cloche's explanations of limits. They are not
// cleaned yet.
struct Execution : StepReport {
  Test tests;
  Counts counts;
  std::uint64_t forged_lines = 0;
  std::optional<std::string> value;  // of a call
  // `out` up to here is the program's own output.
  std::size_t own_output = 0;
};

// `command` has the argv, environment, limits and input of the step.
Execution execute_last(PlanSandbox& sandbox, Command command, const Plan& plan,
                       const RunOptions& options);

// "Process was terminated. It took longer than 500ms to complete\n".
std::string too_long(std::chrono::nanoseconds limit);

// The line that explains a step which ended with Status::time_limit.
std::string time_explanation(const Result& result, const Limits& limits);

}  // namespace cloche::runner
