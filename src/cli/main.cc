// The command `cloche`. Each subcommand has a file of its own; this file joins them.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/call_command.h"
#include "cli/doctor_command.h"
#include "cli/exec_command.h"
#include "cli/exit_status.h"
#include "cli/image/image_command.h"
#include "cli/languages_command.h"
#include "cli/output.h"
#include "cli/run_command.h"
#include "cli/run_json_command.h"
#include "cli/seccomp_command.h"
#include "cli/serve_command.h"
#include "cloche/error.h"
#include "service/worker/worker.h"

namespace {

using cloche::ErrorKind;

struct Subcommand {
  const char* name;
  void (*add)(CLI::App& app, std::function<int()>& action);
};

constexpr Subcommand kSubcommands[] = {
    {"run", cloche::cli::add_run_command},
    {"call", cloche::cli::add_call_command},
    {"run-json", cloche::cli::add_run_json_command},
    {"exec", cloche::cli::add_exec_command},
    {"image", cloche::cli::add_image_command},
    {"languages", cloche::cli::add_languages_command},
    {"serve", cloche::cli::add_serve_command},
    {"doctor", cloche::cli::add_doctor_command},
    {"seccomp", cloche::cli::add_seccomp_command},
};

// Describing a command's options takes longer than starting a process, so only those of the command
// that is called are described, and all of them only for help and mistakes.
void add_subcommands(CLI::App& app, std::function<int()>& action, const std::string& called) {
  const auto* chosen = std::find_if(std::begin(kSubcommands), std::end(kSubcommands),
                                    [&](const Subcommand& each) { return called == each.name; });
  if (chosen != std::end(kSubcommands)) return chosen->add(app, action);
  for (const Subcommand& each : kSubcommands) each.add(app, action);
}

[[noreturn]] void refuse_command(const std::string& called, const std::string& why,
                                 const std::vector<const CLI::App*>& known) {
  std::string names;
  for (const CLI::App* each : known) names += (names.empty() ? "" : ", ") + each->get_name();
  throw cloche::Error(ErrorKind::usage, "run \"" + called + "\": " + why, 0,
                      "there are: " + names + "; --help explains them");
}

// Throws Error usage for an unknown command and for a missing one.
void check_command(const CLI::App& app, const std::vector<std::string>& words) {
  const auto all_of = [](const CLI::App& of) {
    return of.get_subcommands([](const CLI::App*) { return true; });
  };
  std::vector<const CLI::App*> known = all_of(app);
  std::string called = "cloche";
  for (const std::string& word : words) {
    if (known.empty() || word.starts_with("-")) return;
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const CLI::App* each) { return each->check_name(word); });
    called += " " + word;
    if (found == known.end()) refuse_command(called, "there is no command " + word, known);
    known = all_of(**found);
  }
  if (!known.empty()) refuse_command(called, "no command is named", known);
}

int dispatch(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "serve") return cloche::cli::serve(argv + 1);
  CLI::App app("Run untrusted code, and its tests, in sandboxes made from OCI images", "cloche");
  app.set_version_flag("--version", CLOCHE_VERSION);
  app.require_subcommand(1);
  std::function<int()> action;
  add_subcommands(app, action, argc > 1 ? argv[1] : "");

  std::vector<std::string> arguments =
      cloche::cli::expand_short_options(std::vector<std::string>(argv + 1, argv + argc));
  check_command(app, arguments);
  arguments = cloche::cli::separate_program(app, std::move(arguments));
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;
    const int status = app.exit(error, help, std::cerr);
    std::fputs(help.str().c_str(), stdout);
    return status == 0 ? 0 : cloche::cli::exit_status(ErrorKind::usage);
  }
  return action ? action() : cloche::cli::exit_status(ErrorKind::usage);
}

// A standard stream that the caller closed stays unusable. Else the first descriptor opened here
// would get its number, and the output of a sandboxed program would be written into it.
void fill_standard_streams() {
  for (int fd = 0; fd < 3; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
        ::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
      ::_exit(cloche::cli::exit_status(ErrorKind::system));
}

// Returns the result of `work`, or the exit status of the error that ended it.
int reported(const std::function<int()>& work) {
  try {
    return work();
  } catch (const cloche::Error& error) {
    std::fprintf(stderr, "cloche: cannot %s\n", error.what());
    return cloche::cli::exit_status(error.kind());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cloche: %s\n", error.what());
    return cloche::cli::exit_status(ErrorKind::internal);
  }
}

}  // namespace

int main(int argc, char** argv) {
  // `cloche serve` starts its workers by a symbolic link to this program.
  if (argc > 0 && std::string_view(argv[0]).ends_with("/cloche-worker"))
    return cloche::service::work_for_server();
  fill_standard_streams();
  // The caller may ignore SIGCHLD. The kernel then reaps children before this process can wait for
  // them.
  std::signal(SIGCHLD, SIG_DFL);
  const int status = reported([=] { return dispatch(argc, argv); });
  if (status >= cloche::cli::exit_status(ErrorKind::usage)) return status;
  return reported([status] {
    cloche::cli::flush_output();
    return status;
  });
}
