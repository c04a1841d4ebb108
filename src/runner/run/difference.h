// The comparison of a case's output with the expected output.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloche::runner {

// The number, from 1, of the first line in which the two texts differ, or 0 if they are equal.
// White space at the ends of lines and empty lines at the end are ignored, as judges do.
std::size_t first_difference(std::string_view output, std::string_view expected);

}  // namespace cloche::runner
