// A request with all that its own texts and files say merged in.
#pragma once

#include "cloche/runner.h"
#include "runner/profile/profile.h"

namespace cloche::runner {

// Statements of the setup text and .runner/config.json are part of `request` and are not read
// again: limits that the front bounds now stay bounded.
struct SettledRequest {
  Request request;
  FoundProfile found;
  bool project = false;  // files without a solution
};

// Merges statements first and project files second. The profile is that of the language which the
// caller named. Throws Error: bad_data, usage.
SettledRequest settle(Request request, FoundProfile found);
// The same with the installed profile of the request's language. Throws Error usage for a language
// that does not exist, too.
SettledRequest settle(Request request);

}  // namespace cloche::runner
