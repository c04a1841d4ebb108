// `cloche serve`: the HTTP service, a program of its own.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

// For the list of commands: its options are its own program's.
void add_serve_command(CLI::App& app, std::function<int()>& action);

// Becomes that program, with the arguments after `serve`. Throws Error if it is not there.
int serve(char** arguments);

}  // namespace cloche::cli
