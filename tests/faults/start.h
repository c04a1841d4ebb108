// Runs the built `cloche` after something was done to the process it becomes.
#pragma once

#include <functional>
#include <string>
#include <vector>

struct Prepared {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
  bool hung = false;  // it had to be killed
};

// `prepare` is called in the child, which has nothing open but its three streams, before it becomes
// cloche. `environment` replaces the caller's.
Prepared run_prepared(const std::vector<std::string>& arguments,
                      const std::function<void()>& prepare = {},
                      const std::vector<std::string>& environment = {});
