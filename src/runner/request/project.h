// Project mode: a request of files without a solution.
#pragma once

#include <string>
#include <vector>

#include "cloche/runner.h"

namespace cloche::runner {

bool is_project(const Request& request);

// Merges the project's own files into the request: .runner/config.json and .runner/setup.sh.
// Throws Error bad_data.
void apply_project_files(Request& request);

// The file to run: Request::entry_file, which may be a pattern with '*', or else the first file
// that looks like an entry file. Throws Error usage if there is none.
std::string entry_file(const Request& request);

// Whether a component of `path` fits `pattern`, in which '*' stands for any text.
bool fits_pattern(const std::string& path, const std::string& pattern);

}  // namespace cloche::runner
