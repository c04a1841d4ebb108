// Where the parts of a request's code are within the files of a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/profile/placeholders.h"

namespace cloche::runner {

// Lines of a file that came from the setup, the solution or the fixture.
struct SourcePart {
  std::string path;         // of the file, relative to the work directory
  std::uint64_t first = 1;  // the part's first line in the file
  std::uint64_t lines = 0;  // how many there are
  std::string name;         // of the part, as users know it: "solution.rs"
};

// The parts of a file whose content is this template. `extension` may be empty.
std::vector<SourcePart> source_parts(const std::string& path, const std::string& text,
                                     const Values& values, const std::string& extension);

}  // namespace cloche::runner
