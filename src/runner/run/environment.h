// Environments as lists of "NAME=value".
#pragma once

#include <string>
#include <vector>

namespace cloche::runner {

// Later lists win over earlier ones, name by name.
std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& image,
                                           const std::vector<std::string>& step);

}  // namespace cloche::runner
