#include "cli/run_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>

#include "cli/option_group.h"
#include "cli/run_options.h"
#include "cli/run_report.h"
#include "cloche/error.h"

namespace cloche::cli {

namespace {

void check_something_to_run(const RunArguments& given, const runner::Request& request) {
  if (given.request || given.code || given.code_file) return;
  if (!request.files.empty() || !request.fixture.empty()) return;
  throw Error(ErrorKind::usage, "run nothing", 0,
              "give the code with -c CODE or --solution-file FILE");
}

int run(const RunArguments& given) {
  if (given.show_version) {
    std::puts(CLOCHE_VERSION);
    return 0;
  }
  runner::RequestDocument options = read_request(given);
  const runner::Request& request = options.request;
  check_something_to_run(given, request);

  RunSettings settings;
  settings.format = given.format.value_or(options.format);
  settings.debug = given.debug || options.debug;
  settings.check = given.check;
  settings.forward_stdin = given.forward_stdin;
  settings.from_object = given.request.has_value();
  return run_and_report(request, settings);
}

void add_report_options(CLI::App& command, RunArguments& given) {
  OptionGroup group(command, "The report");
  group.option(
      "--format", given.format, "FORMAT",
      "tokens, json, tree, junit or tap, also -fmt (default: tree on a terminal, else tokens)");
  add_compat_option(group, given);
  group.flag("--check", given.check,
             "Exit with 0 only if every test passed, or without tests the code ended with 0");
  group.flag("-d,--debug", given.debug, "Print the wall time as a last line");
  group.flag("-v,--version", given.show_version, "Print the version of cloche");
}

}  // namespace

void add_run_command(CLI::App& app, std::function<int()>& action) {
  auto given = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "Run code, or code and its tests");
  command->footer(
      "Exit status: 0 for every completed run, 1 after a time-out. With --check: 0 all well, 10\n"
      "tests failed, 11 runtime error, 12 compile error, 13 time, 14 memory, 15 output limit, 16\n"
      "no tests or a broken report, 17 killed by a signal, 19\n"
      "a case that printed something else than expected. 64 and above: cloche itself failed.\n"
      "\n"
      "Examples:\n"
      "  cloche run -l python -c 'print(1+1)'\n"
      "  cloche run -l javascript -c 'var a = 1;' -t cw -f 'Test.assertEquals(a, 1)'\n"
      "  cloche run -l python --solution-file add.py --fixture-file test_add.py -t unittest");
  OptionGroup what(*command, "What to run");
  add_code_options(what, *given);
  add_way_options(what, *given);
  command->add_option("arguments", given->arguments, "Arguments of the program, after --")
      ->type_name("");
  add_limit_options(*command, *given);
  add_compile_options(*command, *given);
  add_report_options(*command, *given);
  command->callback([given, &action] { action = [given] { return run(*given); }; });
}

}  // namespace cloche::cli
