// A reporter's token as JSON, for observers of a run.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// {"tag", "text", "mode", "label", "milliseconds"}; milliseconds only if they are known.
std::string token_json(const Token& token);

}  // namespace cloche::runner
