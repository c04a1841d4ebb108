// Reports as plain text.
#pragma once

#include <string>

#include "cloche/report.h"

namespace cloche::cli {

// Normalises both streams, each line to Unicode's composed form. debug: adds the wall time, "12ms",
// as the last line of standard output.
void complete_tokens(runner::Rendered& text, const runner::Report& report, bool debug);

// The value of a call as a line of standard output; all that was printed goes to standard error.
void print_call(const runner::Report& report);

// The text with each line in Unicode's composed form (NFC); lines that are not UTF-8 as they are.
std::string normalised(const std::string& text);

}  // namespace cloche::cli
