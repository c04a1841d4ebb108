// The options object: a request as JSON.
#pragma once

#include <string>
#include <string_view>

#include "cloche/runner.h"

namespace cloche::runner {

// A request, and what the object says about how to print its report.
struct Options {
  Request request;
  std::string format;  // empty if not given
  bool debug = false;
};

// Throws Error: bad_data, usage.
Options parse_options(std::string_view json, const std::string& document);

// Puts the keys of a further object over what `request` has (.runner/config.json).
void merge_options(Request& request, std::string_view json, const std::string& document);

}  // namespace cloche::runner
