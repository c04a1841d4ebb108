// The command line before it is parsed.
#pragma once

#include <string>
#include <vector>

namespace cloche::cli {

// Gives the short options of several letters that `run` has (-lv, -sh, -fmt, -srv) their long
// names, which the parser understands. It leaves the values of options and other commands' options
// unchanged. `arguments` is
// without the program's name.
std::vector<std::string> expand_short_options(std::vector<std::string> arguments);

}  // namespace cloche::cli
