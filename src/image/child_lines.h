// Reads the lines of a helper program, and waits no longer than allowed.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace cloche::image {

using Deadline = std::chrono::steady_clock::time_point;

// Calls `line` for each line that arrives through `fd`, until its end, and `tick` several times a
// second. Cuts lines at 64 KiB. `what` names the work in errors: "unpack …". Throws Error too_large
// at the deadline.
void each_line(int fd, const std::string& what, Deadline deadline,
               const std::function<void(const std::string&)>& line,
               const std::function<void()>& tick);

}  // namespace cloche::image
