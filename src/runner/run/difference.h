// The comparison of a case's output with the expected output.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloche::runner {

// The number, from 1, of the first line in which they differ, or 0 if they are alike as judges see
// it: white space at the ends of lines, and empty lines at the end, count for nothing.
std::size_t first_difference(std::string_view output, std::string_view expected);

}  // namespace cloche::runner
