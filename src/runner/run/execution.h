// One execution of the last step: its output gathered, its verdict found.
#pragma once

#include <optional>
#include <string>

#include "cloche/runner.h"
#include "runner/request/plan.h"

namespace cloche::runner {

// `out` and `err` have tokens placed and end with what cloche says of limits; they are not cleaned
// yet.
struct Execution : StepReport {
  Test tests;
  Counts counts;
  std::uint64_t forged_lines = 0;
  std::optional<std::string> value;  // of a call
  // The program's own output is `out` up to here.
  std::size_t own_output = 0;
};

// `command` has the argv, environment, limits and input of the step.
Execution execute_last(Sandbox& box, Command command, const Plan& plan, const RunOptions& options);

// "Process was terminated. It took longer than 500ms to complete\n".
std::string too_long(std::chrono::nanoseconds limit);

// What a reader is told of a step that ended with Status::time_limit, as a line.
std::string time_explanation(const Result& result, const Limits& limits);

}  // namespace cloche::runner
