// Output tokens: events as lines of text, such as "<PASSED::>Test Passed".
#pragma once

#include <string>

#include "runner/report/event.h"

namespace cloche::runner {

// The text that the event puts into the standard output; empty for SKIPPED and events that are no
// token.
std::string render_token(const Event& event);

}  // namespace cloche::runner
