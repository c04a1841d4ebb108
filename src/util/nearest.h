// Suggestions for names that were mistyped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cloche {

// The edit distance: the number of letters to insert, remove or change to turn one name into the
// other. Only the first 60 bytes of each are compared: longer names are not typing errors, and the
// comparison takes quadratic time.
std::size_t edit_distance(std::string_view one, std::string_view other);

// The name that is most like `wanted`, the first of several; empty if `names` is.
std::string nearest_name(std::string_view wanted, const std::vector<std::string>& names);

}  // namespace cloche
