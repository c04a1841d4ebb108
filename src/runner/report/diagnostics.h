// The lines that compilers name, in the user's terms.
#pragma once

#include <string>
#include <vector>

#include "runner/request/source_parts.h"

namespace cloche::runner {

// Replaces the file and the line in every match of `patterns`, expressions with the groups "file"
// and "line", if that line is of a part. The work is bounded as that of clean().
std::string name_user_lines(std::string text, const std::vector<std::string>& patterns,
                            const std::vector<SourcePart>& parts);

}  // namespace cloche::runner
