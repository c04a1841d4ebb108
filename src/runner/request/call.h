// Calls: encodes a Call for an adapter, and reads the adapter's answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloche/runner.h"

namespace cloche::runner {

// The outcome of a call. Both are empty if the adapter sent no answer.
struct CallOutcome {
  std::optional<std::string> json;   // the value
  std::optional<std::string> error;  // why there is no value, as a sentence
  bool again = false;                // the adapter sent more than one answer

  void take_value(std::string_view text);
  void take_error(std::string text);
};

// {"entry":…,"args":…}, the text of ${call}, with the arguments exactly as the caller wrote them.
// Throws Error usage for a Call that makes no sense. named: whether the language has named
// arguments.
std::string call_document(const Call& call, bool named, const std::string& language);

}  // namespace cloche::runner
