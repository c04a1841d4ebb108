// The command line before it is parsed.
#pragma once

#include <string>
#include <vector>

namespace cloche::cli {

// Gives the short options of several letters that `run` has (-lv, -sh, -fmt, -srv) their long
// names, which the parser understands; values of options are left as they are. `arguments` is
// without the program's name. Other commands' are not touched.
std::vector<std::string> expand_short_options(std::vector<std::string> arguments);

}  // namespace cloche::cli
