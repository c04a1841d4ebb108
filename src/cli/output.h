// Standard output. A write that fails is reported as an error of cloche, so that an answer is never
// silently incomplete.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cloche::cli {

// Flushes standard output. Throws Error if any output so far could not be
// written: no_space, or else system.
void flush_output();

// Prints JSON, indented. Bytes that are not UTF-8 (an image's texts may hold them) become U+FFFD.
// Throws as flush_output().
void print_json(const nlohmann::json& json);

}  // namespace cloche::cli
