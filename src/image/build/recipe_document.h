// A JSON document of a recipe, and the places of its keys.
#pragma once

#include <string>

#include "util/json_fwd.h"

namespace cloche::image {

struct RecipeDocument {
  std::string file;
  std::string text;
};

// The document as JSON. Throws Error bad_data, with the place, unless it is an object.
SortedJson parse(const RecipeDocument& document);

// Throws Error bad_data: "FILE:LINE:COLUMN: WHY". The place is that of `key`, or of the string
// `value` after it, if `value` is given and found.
[[noreturn]] void wrong(const RecipeDocument& document, const std::string& key,
                        const std::string& why, const std::string& value = {});

}  // namespace cloche::image
