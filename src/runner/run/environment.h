// Environments as lists of "NAME=value".
#pragma once

#include <string>
#include <vector>

namespace cloche::runner {

// Adds the entries of `over` to `base`. Each replaces an entry of the same name.
std::vector<std::string> merge_environment(std::vector<std::string> base,
                                           const std::vector<std::string>& over);

}  // namespace cloche::runner
