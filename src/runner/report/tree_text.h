// Reports for people: the tree of tests, coloured.
#pragma once

#include <string>
#include <string_view>

#include "cloche/report.h"

namespace cloche::runner {

// A plain run: its output and, if it failed, a line that says how. Tests: their tree. `colour`:
// with ANSI sequences. The program's output can set colours, but has no other effect on the
// terminal.
Rendered tree_text(const Report& report, bool colour);

// The text without control characters, except line breaks, tabs, and (if `colour`) ANSI colours.
// Without `colour`, colours are left out; every other control character becomes U+FFFD.
std::string harmless(const std::string& text, bool colour);

// How many bytes at the end of the text harmless() could read in another way once more text
// follows.
std::size_t incomplete_sequence(std::string_view text);

}  // namespace cloche::runner
