// Reports as JUnit XML.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// A suite for each group that has tests of its own, named after the groups around it. Suites are
// not nested, because few readers follow nested suites. Times have three decimals: the schema
// allows no more.
std::string junit_xml(const Report& report);

}  // namespace cloche::runner
