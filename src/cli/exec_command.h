// `cloche exec`: run one program in a sandbox made from an image.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cloche::cli {

// Adds the subcommand to `app`. If it is chosen, `action` becomes the function that carries it out
// and returns the exit status.
void add_exec_command(CLI::App& app, std::function<int()>& action);

// Returns the command line with "--" in front of exec's program, so that all words after it belong
// to the program, even if they look like options of cloche.
std::vector<std::string> separate_program(const CLI::App& app, std::vector<std::string> arguments);

}  // namespace cloche::cli
