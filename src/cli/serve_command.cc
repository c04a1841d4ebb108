#include "cli/serve_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>

#include "cloche/error.h"
#include "util/paths.h"

namespace cloche::cli {

void add_serve_command(CLI::App& app, std::function<int()>&) {
  app.add_subcommand("serve", "Evaluate code over HTTP");
}

// The server is a program of its own: HTTP and TLS would make every other command larger and slower
// to start.
int serve(char** arguments) {
  const std::string program = helper_path("cloche-serve");
  ::execv(program.c_str(), arguments);
  throw Error::from_errno("start " + program, errno);
}

}  // namespace cloche::cli
