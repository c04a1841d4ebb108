// Running the built `cloche` as its users do.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

struct Ended {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
};

// `input` is its standard input. `through` is a program and arguments that run the rest of their
// command line, as unshare(1) does.
Ended run_cloche(const std::vector<std::string>& arguments, const std::string& input = {},
                 const std::vector<std::string>& through = {});

// Starts it and does not wait. Its output is discarded.
pid_t start_cloche(const std::vector<std::string>& arguments);
