// Removes text from the output that is not the program's: paths of cloche's files, frames of the
// framework, preloaded code.
#pragma once

#include <string>
#include <vector>

#include "runner/profile/profile.h"

namespace cloche::runner {

// Replaces every match of each rule, one rule after the other. A rule that would take too
// long on this text leaves the rest of the text unchanged.
// In `replace`, $1 to $9 stand for groups, $& for the match and $$ for a dollar sign.
// Throws Error bad_data for a rule that is no regular expression.
std::string clean(std::string text, const std::vector<CleanRule>& rules);

// Removes the first occurrence of each text of twelve characters or more. Shorter texts are
// likely to be part of something else.
std::string hide(std::string text, const std::vector<std::string>& hidden);

}  // namespace cloche::runner
