// One case in the format tokens.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// A line that says how the case ended, and its output. `number` begins with 1.
std::string case_text(std::size_t number, const CaseReport& one);

}  // namespace cloche::runner
