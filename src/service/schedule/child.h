// Runs short programs for the service.
#pragma once

#include <string>
#include <vector>

#include "service/http/asio.h"

namespace cloche::service {

struct ChildEnd {
  bool well = false;  // exit status 0
  std::string error;  // the last line of its standard error
};

// Starts a program and waits for its end. If the service ends first, the program goes on. Throws
// Error if it cannot be started.
Awaitable<ChildEnd> run_child(asio::io_context& context, std::vector<std::string> argv);

}  // namespace cloche::service
