// Carries out a request and prints its report, for `run`, `run-json` and `call`.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::cli {

struct RunSettings {
  std::string format;  // a name of runner::parse_format(); empty: tree on a terminal, else tokens
  bool debug = false;  // print the wall time, too
  bool check = false;  // give the verdict in the exit status
  bool forward_stdin = false;
  bool from_object =
      false;  // the request came as JSON: a request that cannot be served is reported as JSON, too
};

// Throws Error usage that lists the formats.
void check_format(const std::string& format);

// Builds a missing image first if standard error is a terminal, which shows the progress. Returns
// the exit status.
int run_and_report(const runner::Request& request, const RunSettings& settings);

}  // namespace cloche::cli
