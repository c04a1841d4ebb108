// Output tokens: events as lines of text, such as "<PASSED::>Test Passed".
#pragma once

#include <string>

#include "runner/run/channel.h"

namespace cloche::runner {

// Whether it is for readers: not SYNC, END, VALUE and NOVALUE, which are for the runner.
bool is_token(const Event& event);

// What the event puts into the standard output; empty for SKIPPED and what is no token.
std::string render_token(const Event& event);

}  // namespace cloche::runner
