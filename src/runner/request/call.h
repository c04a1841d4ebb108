// Calls: from a Call to what an adapter reads, and from what it says to a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloche/runner.h"

namespace cloche::runner {

// What a call came to. Nothing is set if no word of it came.
struct CallOutcome {
  std::optional<std::string> json;   // the value
  std::optional<std::string> error;  // or why there is none, as a sentence
  bool again = false;                // it came more than once

  void take_value(std::string_view text);
  void take_error(std::string text);
};

// {"entry":…,"args":…}, the text of ${call}, with the arguments exactly as they were given. Throws
// Error usage for a Call that makes no sense. named: whether arguments can have names.
std::string call_document(const Call& call, bool named, const std::string& language);

}  // namespace cloche::runner
