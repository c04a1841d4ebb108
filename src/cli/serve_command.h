// `cloche serve`: the HTTP service, a program of its own.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

// Adds the command to the list. The server's program reads its options.
void add_serve_command(CLI::App& app, std::function<int()>& action);

// Executes the server's program with the arguments after `serve`. Throws Error if it is missing.
int serve(char** arguments);

}  // namespace cloche::cli
