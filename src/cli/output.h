// Standard output: what cannot be written there is an error of cloche, not a shorter answer.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace cloche::cli {

// Writes out what was printed so far. Throws Error if not all that was ever printed could be
// written: no_space, or else system.
void flush_output();

// Prints it, indented; what an image says of itself may not be UTF-8. Throws as flush_output().
void print_json(const nlohmann::json& json);

}  // namespace cloche::cli
