// What ended a run, in one word and one sentence.
#pragma once

#include <string>

#include "cloche/runner.h"
#include "runner/run/call.h"

namespace cloche::runner {

// All that the verdict depends on.
struct Facts {
  const Result* last = nullptr;  // of the last step
  bool out_full = false, err_full = false;
  bool reporter = false;  // a reporter had to speak
  bool ended = false;     // and its last word came
  bool went_on = false;   // and it said something after that
  std::uint64_t forged_lines = 0;
  Counts counts;
  bool call = false;  // what the reporter had to say is a value
  const CallOutcome* value = nullptr;
};

struct Judgement {
  Verdict verdict;
  std::string reason;
};

// Limits first, for they explain everything else; then how the program ended; tests last. A run
// with a reporter is ok only if its last word came and a test passed, or a value.
Judgement judge(const Facts& facts);

}  // namespace cloche::runner
