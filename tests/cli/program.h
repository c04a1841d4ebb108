// Running the built `cloche` as its users do.
#pragma once

#include <string>
#include <vector>

struct Ended {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
};

// `input` is its standard input.
Ended run_cloche(const std::vector<std::string>& arguments, const std::string& input = {});
