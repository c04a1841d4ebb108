// Taking out of the output what the reader should not see: paths of our own files, frames of the
// framework, preloaded code.
#pragma once

#include <string>
#include <vector>

#include "runner/profile/profile.h"

namespace cloche::runner {

// Replaces every match of each rule, one rule after the other. Bounded: a rule that would take too
// long on this text, whatever it holds, leaves the rest of the text as it is.
// In `replace`, $1 to $9 stand for groups, $& for the match and $$ for a dollar sign.
// Throws Error bad_data for a rule that is no regular expression.
std::string clean(std::string text, const std::vector<CleanRule>& rules);

// Takes out the first occurrence of each text of a dozen characters or more; shorter ones are
// likely to be part of something else.
std::string hide(std::string text, const std::vector<std::string>& hidden);

}  // namespace cloche::runner
