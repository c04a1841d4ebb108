// Short programs that the service has done for it.
#pragma once

#include <string>
#include <vector>

#include "service/http/asio.h"

namespace cloche::service {

struct ChildEnd {
  bool well = false;  // exit status 0
  std::string error;  // the last line of its standard error
};

// Starts a program and waits for its end. One that is still there when the service ends goes on.
// Throws Error if it cannot be started.
Awaitable<ChildEnd> run_child(asio::io_context& context, std::vector<std::string> argv);

}  // namespace cloche::service
