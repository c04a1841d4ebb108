// Cases: many inputs for one solution.
#pragma once

#include <string_view>
#include <vector>

#include "cloche/runner.h"
#include "util/json_node.h"

namespace cloche::runner {

// Reads a list of objects {"stdin": …, "arguments": […], "expected": …}. Throws Error bad_data.
std::vector<Case> read_cases(const Node& list);

// A file of cases: such a list, or one object on each line. Throws Error bad_data, also for a file
// without cases.
std::vector<Case> parse_cases(std::string_view text, const std::string& document);

}  // namespace cloche::runner
