// Reports as JSON (docs/results.md).
#pragma once

#include <string>
#include <string_view>

#include "cloche/runner.h"

namespace cloche::runner {

// One line of ASCII and UTF-8, without a line break at its end, whatever the output holds.
std::string report_json(const Report& report);

bool is_utf8(std::string_view bytes);
std::string base64(std::string_view bytes);
// "SIGSEGV"; "SIG64" for one without a name.
std::string signal_name(int signal);

}  // namespace cloche::runner
