// Project mode: a request of files without a solution.
#pragma once

#include <string>
#include <vector>

#include "cloche/runner.h"

namespace cloche::runner {

bool is_project(const Request& request);

// Takes in what a project's own files say: .runner/config.json and .runner/setup.sh.
// Throws Error bad_data.
void apply_project_files(Request& request);

// The file to run: Request::entry_file, which may be a pattern with '*', else the first file that
// looks like one. Throws Error usage if there is none.
std::string entry_file(const Request& request);

// Whether `path` has a part that fits `pattern`, in which '*' stands for anything.
bool fits_pattern(const std::string& path, const std::string& pattern);

}  // namespace cloche::runner
