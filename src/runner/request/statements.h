// Statements in a request's texts: lines such as "# @config: split-file helper.rb".
#pragma once

#include "cloche/runner.h"

namespace cloche::runner {

// Carries out the statements of `setup`, and "split-file" in setup, solution and fixture. A
// statement stays in its text. "split-file" also moves the text behind it into `files`.
void apply_statements(Request& request);

}  // namespace cloche::runner
