// One execution of the last step: what it said, gathered and judged.
#pragma once

#include <optional>
#include <string>

#include "cloche/runner.h"
#include "runner/request/plan.h"

namespace cloche::runner {

struct Execution {
  Verdict verdict = Verdict::ok;
  std::string reason;
  // With tokens placed, and what is said of limits at the end; not cleaned yet.
  std::string out, err;
  bool out_truncated = false, err_truncated = false;
  std::optional<int> exit_code, signal;
  Result result;  // without the output
  Test tests;
  Counts counts;
  std::uint64_t forged_lines = 0;
  std::optional<std::string> value;  // of a call
  // What the program itself wrote is `out` up to here; what follows is what cloche says.
  std::size_t own_output = 0;
};

// `command` has the argv, environment, limits and input of the step.
Execution execute_last(Sandbox& box, Command command, const Plan& plan, const RunOptions& options);

// "Process was terminated. It took longer than 500ms to complete\n".
std::string too_long(std::chrono::milliseconds limit);

}  // namespace cloche::runner
