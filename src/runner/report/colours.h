// ANSI colour sequences in the text of a program.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cloche::runner {

// The length of the colour sequence (ECMA-48 SGR, at most 32 parameter bytes) at `at`; 0 if there
// is none.
std::size_t colour_sequence(std::string_view text, std::size_t at);

std::string without_colours(std::string_view text);

}  // namespace cloche::runner
