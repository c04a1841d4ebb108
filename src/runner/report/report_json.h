// Reports as JSON (docs/results.md).
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// One line of ASCII and UTF-8, without a line break at its end, whatever bytes the output holds.
std::string report_json(const Report& report);

}  // namespace cloche::runner
