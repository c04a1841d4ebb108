// Environments as lists of "NAME=value".
#pragma once

#include <string>
#include <vector>

namespace cloche::runner {

// An entry of `over` replaces the entry of the same name in `base`, or is added.
std::vector<std::string> merge_environment(std::vector<std::string> base,
                                           const std::vector<std::string>& over);

}  // namespace cloche::runner
