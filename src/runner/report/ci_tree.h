// A report as a CI system counts it: every run is a tree of tests.
#pragma once

#include <string>

#include "cloche/runner.h"

namespace cloche::runner {

// The root of the tree: a group named after the language and the framework.
// - Tests: the reporter's tree. If the run itself failed (any verdict but ok and tests_failed), one
//   more test named "run" is an error with the reason.
// - Cases: a test "case N" for each. A wrong output is a failure, every other defect is an error.
// - A plain run: one test named "run".
Test ci_tree(const Report& report);

// The name of a test or, without one, the first line of its first message.
std::string title_of(const Test& test);

// All messages of the failed, broken and skipped assertions of a test, separated by empty lines.
std::string messages_of(const Test& test);

// The output of a test, then its logs.
std::string output_of(const Test& test);

// The first line of a text that is not blank; empty if there is none.
std::string first_line(const std::string& text);

}  // namespace cloche::runner
