// Reports for people: the tree of tests, coloured.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::cli {

// What goes to standard output and to standard error.
struct Pretty {
  std::string out, err;
};

// Of a plain run what it printed and, if it went wrong, a line that says how; of tests their tree.
// `colour`: with ANSI sequences. What the program printed can colour the terminal, but do nothing
// else to it.
Pretty pretty(const runner::Report& report, bool colour);

// The text without control characters but line breaks, tabs, and (if `colour`) ANSI colours.
std::string harmless(const std::string& text, bool colour);

// Whether standard output is a terminal that shows colours, and nobody asked for none (NO_COLOR).
bool wants_colour();

}  // namespace cloche::cli
