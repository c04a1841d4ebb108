// cloche-serve: the program behind `cloche serve`.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/exit_status.h"
#include "cli/serve/options.h"
#include "cloche/error.h"
#include "service/auth/token_file.h"
#include "service/serve.h"

namespace cloche::cli {

namespace {

int print_new_token(const std::string& name) {
  const service::NewToken made = service::new_token();
  std::printf("%s\n", made.token.c_str());
  std::fprintf(stderr, "Give it to %s. The line for the file of tokens:\n%s  %s\n", name.c_str(),
               name.c_str(), made.hash.c_str());
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Evaluate code over HTTP", "cloche serve");
  app.set_version_flag("--version", CLOCHE_VERSION);
  ServeOptions options;
  add_options(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : exit_status(ErrorKind::usage);
  }
  if (!options.new_token.empty()) return print_new_token(options.new_token);
  const service::ServiceConfig config = read_config(options);
  service::check_config(config);
  if (options.check) {
    std::puts("The configuration is good.");
    return 0;
  }
  return service::serve(config, options.port_file);
}

}  // namespace

}  // namespace cloche::cli

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGCHLD, SIG_DFL);
  try {
    return cloche::cli::run(argc, argv);
  } catch (const cloche::Error& error) {
    std::fprintf(stderr, "cloche: cannot %s\n", error.what());
    return cloche::cli::exit_status(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cloche: %s\n", error.what());
    return cloche::cli::exit_status(cloche::ErrorKind::internal);
  }
}
