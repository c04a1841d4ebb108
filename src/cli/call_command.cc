#include "cli/call_command.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/option_group.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cloche/error.h"

namespace cloche::cli {

namespace {

struct CallOptions {
  RunArguments run;
  std::optional<std::string> entry, arguments;
};

int call(const CallOptions& given) {
  runner::RequestDocument options = read_request(given.run);
  runner::Request& request = options.request;
  if (given.entry || given.arguments) {
    if (!request.call) request.call.emplace();
    if (given.entry) request.call->entry = *given.entry;
    if (given.arguments) request.call->arguments = *given.arguments;
  }
  if (!request.call || request.call->entry.empty())
    throw Error(ErrorKind::usage, "call a function without a name", 0, "name it with --entry");
  RunSettings settings;
  settings.format = given.run.format.value_or(options.format);
  settings.forward_stdin = given.run.forward_stdin;
  settings.from_object = given.run.request.has_value();
  return run_and_report(request, settings);
}

}  // namespace

void add_call_command(CLI::App& app, std::function<int()>& action) {
  auto given = std::make_shared<CallOptions>();
  CLI::App* command = app.add_subcommand("call", "Call a function of some code");
  command->footer(
      "Prints what the function returned as JSON on a line; what the code printed goes to "
      "standard\n"
      "error. Exit status: 0 if there is a value, else as `run --check`: 11 for an exception, 20\n"
      "where there is no such function or its value cannot be written as JSON.\n"
      "\n"
      "Example:\n"
      "  cloche call -l python -c 'def add(a, b): return a + b' --entry add --args '[1, 2]'");
  OptionGroup what(*command, "What to call");
  add_code_options(what, given->run);
  what.option("-e,--entry", given->entry, "NAME", "The function: add, or Class.add");
  what.option("-a,--args", given->arguments, "JSON",
              "Its arguments: an array, or an object if arguments have names (default: [])");
  what.option("--request", given->run.request, "FILE",
              "All of this as a JSON object (- for stdin), which other options override");
  add_limit_options(*command, given->run);
  OptionGroup report(*command, "The report");
  report.option("--format", given->run.format, "FORMAT",
                "default: the value alone; json: the whole result; pretty");
  add_compat_option(report, given->run);
  command->callback([given, &action] { action = [given] { return call(*given); }; });
}

}  // namespace cloche::cli
