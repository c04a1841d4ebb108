// Names that are taken from the code of a request.
#pragma once

#include <set>
#include <vector>

#include "runner/profile/placeholders.h"
#include "runner/profile/profile.h"

namespace cloche::runner {

// Finds those of `names` that `used` holds in the texts of `values` and sets their values. Takes
// milliseconds at most, for any text and pattern. Throws Refusal with the profile's message for a
// name that is missing or wrong.
void set_code_names(Values& values, const std::vector<CodeName>& names,
                    const std::set<std::string>& used);

}  // namespace cloche::runner
