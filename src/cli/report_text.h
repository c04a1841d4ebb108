// Reports as plain text.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::cli {

// Writes what was printed to standard output, and what went to standard error there: nothing else.
// debug: the wall time, "12ms", as the last line of standard output.
void print_default(const runner::Report& report, bool debug);

// The value of a call as a line of standard output; all that was printed goes to standard error.
void print_call(const runner::Report& report);

// The text with each line in Unicode's composed form (NFC); lines that are not UTF-8 as they are.
std::string normalised(const std::string& text);

}  // namespace cloche::cli
