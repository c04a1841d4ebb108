// What `run` and `run-json` have in common: carrying out a request and printing its report.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::cli {

struct RunSettings {
  std::string format;  // a name of runner::parse_format(); empty: tree on a terminal, else tokens
  bool debug = false;  // the wall time is printed too
  bool check = false;  // the exit status tells the verdict
  bool forward_stdin = false;
  bool from_object = false;  // the request came as JSON: what it asks in vain is answered as JSON
};

// Throws Error usage that lists the formats.
void check_format(const std::string& format);

// Builds a missing image first if a terminal is there to show progress on. Returns the exit status.
int run_and_report(const runner::Request& request, const RunSettings& settings);

}  // namespace cloche::cli
