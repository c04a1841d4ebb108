// Reports for people: the tree of tests, coloured.
#pragma once

#include <string>

#include "cloche/report.h"

namespace cloche::runner {

// A plain run: its output and, if it failed, a line that says how. Tests: their tree. `colour`:
// with ANSI sequences. The program's output can set colours, but has no other effect on the
// terminal.
Rendered tree_text(const Report& report, bool colour);

// The text without control characters, except line breaks, tabs, and (if `colour`) ANSI colours.
std::string harmless(const std::string& text, bool colour);

}  // namespace cloche::runner
