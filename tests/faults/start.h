// Runs the built `cloche` in a process that was prepared for the test.
#pragma once

#include <functional>
#include <string>
#include <vector>

struct Prepared {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
  bool hung = false;  // it had to be killed
};

// The child calls `prepare` before it becomes cloche. Only its three streams are open.
// `environment` replaces the caller's.
Prepared run_prepared(const std::vector<std::string>& arguments,
                      const std::function<void()>& prepare = {},
                      const std::vector<std::string>& environment = {});
