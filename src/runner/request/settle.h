// Merges a request with the statements in its texts and with its project files.
#pragma once

#include "cloche/runner.h"
#include "runner/profile/profile.h"

namespace cloche::runner {

// `request` includes the statements of its setup text and .runner/config.json. Neither is read
// again, so that a limit which the front lowers stays lowered.
struct SettledRequest {
  Request request;
  FoundProfile found;
  bool project = false;  // files without a solution
};

// Merges statements first and project files second. `found` is the profile of the language that the
// caller named. Throws Error: bad_data, usage.
SettledRequest settle(Request request, FoundProfile found);
// Does the same with the installed profile of the request's language. Also throws Error usage if
// the language does not exist.
SettledRequest settle(Request request);

}  // namespace cloche::runner
