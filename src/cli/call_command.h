// The command `cloche call`.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_call_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
