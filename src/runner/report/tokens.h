// Output tokens: events as lines of text, such as "<PASSED::>Test Passed".
#pragma once

#include <string>

#include "runner/report/event.h"

namespace cloche::runner {

// The text that the event adds to the standard output; empty for SKIPPED and for events that are no
// tokens.
std::string render_token(const Event& event);

}  // namespace cloche::runner
