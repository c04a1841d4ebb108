// A reporter's token, as it comes, for those who watch a run.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// {"tag", "text", "mode", "label", "milliseconds"}; the last only if it is known.
std::string token_json(const Token& token);

}  // namespace cloche::runner
