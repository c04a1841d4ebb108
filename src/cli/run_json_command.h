// `cloche run-json`: run a request that is one argument.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

void add_run_json_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
