// Reads the names that a profile takes from the code.
#pragma once

#include <string>
#include <vector>

#include "runner/profile/profile.h"
#include "util/json_node.h"

namespace cloche::runner {

// Reads a regular expression that can be compiled. Throws Error bad_data, which names the place.
std::string read_pattern(const Node& node);

// Reads "names". `placeholders` are those that exist, to which the names are added. Throws Error
// bad_data, which names the place.
std::vector<CodeName> read_code_names(const Node& node, std::vector<std::string>& placeholders);

}  // namespace cloche::runner
