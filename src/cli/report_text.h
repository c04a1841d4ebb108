// Reports as plain text.
#pragma once

#include <string>

#include "cloche/report.h"

namespace cloche::cli {

// With Compat::codewars, each line of both streams gets Unicode's composed form. debug: adds the
// wall time, "12ms", as the last line of standard output.
void complete_tokens(runner::Rendered& text, const runner::Report& report, bool debug);

// Prints the value of a call as a line of standard output. All output of the program goes to
// standard error.
void print_call(const runner::Report& report);

// The text with each line in Unicode's composed form (NFC). Lines that are not UTF-8 stay
// unchanged.
std::string normalised(const std::string& text);

}  // namespace cloche::cli
