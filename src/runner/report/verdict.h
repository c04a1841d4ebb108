// The verdict of a run and a sentence that explains it.
#pragma once

#include <string>

#include "cloche/runner.h"
#include "runner/request/call.h"

namespace cloche::runner {

// The facts that decide the verdict.
struct Facts {
  const Result* last = nullptr;  // of the last step
  bool out_full = false, err_full = false;
  bool reporter = false;           // the run has a reporter
  bool ended = false;              // the reporter sent END
  bool went_on = false;            // events came after END
  std::uint64_t forged_lines = 0;  // on the channel
  bool channel_broken = false;     // a forged line ended the channel
  Counts counts;
  bool call = false;  // the reporter's result is the value of a call
  const CallOutcome* value = nullptr;
};

struct Judgement {
  Verdict verdict;
  std::string reason;
};

// Limits decide first, because they explain everything else; then the end of the program; then the
// tests. A run with a reporter is ok only if END came and a test passed, or if a value came.
Judgement judge(const Facts& facts);

// The verdict of a step that is judged by its status alone.
Verdict verdict_of(Status status);

}  // namespace cloche::runner
