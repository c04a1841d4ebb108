// A request that cannot be served.
#pragma once

#include <string>

#include "cloche/error.h"

namespace cloche::runner {

// An Error (usage) with its own message for the reports of runs. Callers know these messages: "Test
// framework is not supported".
class Refusal : public Error {
 public:
  // tried and hint: as for Error.
  Refusal(const std::string& tried, std::string message, const std::string& hint)
      : Error(ErrorKind::usage, tried + ": " + message, 0, hint), message_(std::move(message)) {}

  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

}  // namespace cloche::runner
