// Output tokens: events as lines of text, such as "<PASSED::>Test Passed".
#pragma once

#include <string>

#include "runner/channel.h"

namespace cloche::runner {

// What the event puts into the standard output; empty for SKIPPED, SYNC and END.
std::string render_token(const Event& event);

}  // namespace cloche::runner
