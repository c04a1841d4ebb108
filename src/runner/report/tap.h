// Reports as TAP, the Test Anything Protocol, version 14 (https://testanything.org).
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// A group is a subtest. A test's output becomes comments, messages become YAML diagnostics.
std::string tap(const Report& report);

}  // namespace cloche::runner
