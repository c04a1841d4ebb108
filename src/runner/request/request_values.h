// Reads values of a request as callers write them. Each function throws Error bad_data with the
// value's place.
#pragma once

#include <string>
#include <vector>

#include "util/json_node.h"

namespace cloche::runner {

// A text. Callers also send version 3.6 as a number and code such as 12: both mean their text. null
// is empty.
std::string scalar(const Node& node);
bool is_scalar(const Node& node);

// A list, or one text that may hold several items separated by commas.
std::vector<std::string> list(const Node& node);

bool truth(const Node& node);

}  // namespace cloche::runner
