// Reports as JUnit XML.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// A suite for each group that has tests of its own, named after the groups around it; suites are
// not nested, because few readers follow nested ones. Times have three decimals, which is all that
// the schema allows.
std::string junit_xml(const Report& report);

}  // namespace cloche::runner
