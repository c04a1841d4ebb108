// The two kinds of JSON values, for headers that only declare functions of them.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cloche {

// Keeps members in the order in which they were added.
using Json = nlohmann::ordered_json;
// Sorts members by name, so that equal documents have equal digests.
using SortedJson = nlohmann::json;

}  // namespace cloche
