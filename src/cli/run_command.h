// `cloche run`: run code, or code and its tests.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

// Adds the subcommand to `app`. If it is chosen, `action` becomes the function that carries it out
// and returns the exit status.
void add_run_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
