#include "cli/run_command.h"

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run_report.h"
#include "cloche/error.h"
#include "runner/request.h"
#include "util/file.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

// Options as they are given; what is not given does not override a request's own.
struct Given {
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> language, version, framework, shell, bash_file, entry_file, image;
  std::optional<std::string> timeout, memory, cpus, network, format, request;
  std::vector<std::string> services, files, arguments;
  bool debug = false, check = false, forward_stdin = false, strict = false, show_version = false;
};

constexpr const char* kStdin = "-";

std::string read_input(const std::string& path) {
  return path == kStdin ? read_all(STDIN_FILENO, "standard input") : read_file(path);
}

void put(std::string& target, const std::optional<std::string>& text,
         const std::optional<std::string>& file) {
  if (text && file)
    throw Error(ErrorKind::usage, "take the same code as text and from the file " + *file, 0,
                "give one of them");
  if (text) target = *text;
  if (file) target = read_input(*file);
}

void put_files(runner::Request& request, const std::vector<std::string>& files) {
  for (const std::string& entry : files) {
    const auto equals = entry.find('=');
    const std::string path = entry.substr(0, equals);
    if (path.empty() || equals == 0)
      throw Error(ErrorKind::usage, "take the file \"" + entry + "\"", 0,
                  "write --file PATH=HOSTFILE, or --file PATH for both");
    request.files[path] = read_input(equals == entry.npos ? entry : entry.substr(equals + 1));
  }
}

void put_limits(runner::Request& request, const Given& given) {
  if (given.timeout) request.timeout = parse_milliseconds(*given.timeout, "--timeout");
  if (given.memory) request.memory_bytes = parse_memory(*given.memory, "--memory");
  if (given.cpus) request.cpus = parse_cpus(*given.cpus, "--cpus");
  if (given.network) request.network = *given.network == "none" ? Network::none : Network::loopback;
  if (given.strict) request.strict = true;
}

// Standard input can be only one thing.
void check_stdin(const Given& given) {
  int readers = given.forward_stdin ? 1 : 0;
  for (const auto* path :
       {&given.request, &given.code_file, &given.fixture_file, &given.setup_file})
    if (*path && **path == kStdin) ++readers;
  for (const std::string& file : given.files)
    if (file.ends_with("=-")) ++readers;
  if (readers > 1)
    throw Error(ErrorKind::usage, "read standard input twice", 0,
                "give only one of the options a \"-\", and none together with --stdin");
}

void check_something_to_run(const Given& given, const runner::Request& request) {
  if (given.request || given.code || given.code_file) return;
  if (!request.files.empty() || !request.fixture.empty()) return;
  throw Error(ErrorKind::usage, "run nothing", 0,
              "give the code with -c CODE or --solution-file FILE");
}

int run(const Given& given) {
  if (given.show_version) {
    std::puts(CLOCHE_VERSION);
    return 0;
  }
  check_stdin(given);
  runner::Options options;
  if (given.request) {
    const std::string name =
        *given.request == kStdin ? "the request on standard input" : *given.request;
    options = runner::parse_options(read_input(*given.request), name);
  }
  runner::Request& request = options.request;
  put(request.solution, given.code, given.code_file);
  put(request.fixture, given.fixture, given.fixture_file);
  put(request.setup, given.setup, given.setup_file);
  put(request.language, given.language, {});
  put(request.version, given.version, {});
  put(request.framework, given.framework, {});
  put(request.bash, given.shell, {});
  put(request.bash_file, given.bash_file, {});
  put(request.entry_file, given.entry_file, {});
  put(request.image, given.image, {});
  if (!given.services.empty()) request.services = given.services;
  if (!given.arguments.empty()) request.arguments = given.arguments;
  put_files(request, given.files);
  put_limits(request, given);
  check_something_to_run(given, request);

  RunSettings settings;
  settings.format = given.format.value_or(options.format);
  settings.debug = given.debug || options.debug;
  settings.check = given.check;
  settings.forward_stdin = given.forward_stdin;
  settings.from_object = given.request.has_value();
  return run_and_report(request, settings);
}

// Adds options to one group of the help.
class Group {
 public:
  Group(CLI::App& command, std::string name) : command_(command), name_(std::move(name)) {}

  template <typename Value>
  CLI::Option* option(const char* names, Value& value, const char* type, const char* help) {
    return command_.add_option(names, value, help)->type_name(type)->group(name_);
  }
  CLI::Option* flag(const char* names, bool& value, const char* help) {
    return command_.add_flag(names, value, help)->group(name_);
  }

 private:
  CLI::App& command_;
  std::string name_;
};

void add_code_options(CLI::App& command, Given& given) {
  Group group(command, "What to run");
  group.option("-l,--language", given.language, "NAME", "Language: see `cloche languages`");
  group.option("--languageVersion,--language-version", given.version, "V",
               "Its version, also -lv (default: see `cloche languages`)");
  group.option("-c,--code", given.code, "CODE", "The code");
  group.option("--solution-file", given.code_file, "FILE", "The code, from a file (- for stdin)");
  group.option("-s,--setup", given.setup, "CODE", "Code that comes before it");
  group.option("--setup-file", given.setup_file, "FILE", "The same, from a file");
  group.option("-f,--fixture", given.fixture, "CODE", "Tests to run it under");
  group.option("--fixture-file", given.fixture_file, "FILE", "The same, from a file");
  group.option("-t,--test-framework,--testFramework", given.framework, "NAME",
               "Framework of the tests (default: the language's first)");
  group
      .option("--file", given.files, "PATH=FILE",
              "A further file, PATH inside; PATH alone for both; repeatable")
      ->expected(1);
  group.option("--entry-file", given.entry_file, "PATH", "Of files without code: the one to run");
  group.option("--shell,--bash", given.shell, "SCRIPT",
               "Shell script to run before the code, also -sh");
  group.option("--bash-file", given.bash_file, "PATH", "The same, one of the files");
  group.option("--request", given.request, "FILE",
               "All of this as a JSON object (- for stdin), which other options override");
  command.add_option("arguments", given.arguments, "Arguments of the program, after --")
      ->type_name("");
}

void add_limit_options(CLI::App& command, Given& given) {
  Group group(command, "Where and how long");
  group.option("--timeout", given.timeout, "MS",
               "Wall time of the run in ms, compilation not counted (default: 12000)");
  group.option("--memory", given.memory, "SIZE", "Memory: 64M, 1G (default: 512M)");
  group.option("--cpus", given.cpus, "N", "CPUs' worth of time (default: all)");
  group
      .option("--network", given.network, "KIND",
              "none, or loopback: only to itself (default: loopback)")
      ->check(CLI::IsMember({"none", "loopback"}).description(""));
  group.option("--image", given.image, "NAME", "Image instead of the language's own");
  group
      .option("--services", given.services, "NAME",
              "mongodb or redis, also -srv (not available yet)")
      ->check(CLI::IsMember({"mongodb", "redis"}).description(""))
      ->expected(1);
  group.flag("--strict", given.strict, "Refuse limits that can only be approximated");
  group.flag("--stdin", given.forward_stdin, "Give standard input to the program");
}

void add_report_options(CLI::App& command, Given& given) {
  Group group(command, "The report");
  group.option("--format", given.format, "FORMAT",
               "default, json or pretty, also -fmt (default: pretty on a terminal)");
  group.flag("--check", given.check,
             "Exit with 0 only if every test passed, or without tests the code ended with 0");
  group.flag("-d,--debug", given.debug, "Print the wall time as a last line");
  group.flag("-v,--version", given.show_version, "Print the version of cloche");
}

}  // namespace

void add_run_command(CLI::App& app, std::function<int()>& action) {
  auto given = std::make_shared<Given>();
  CLI::App* command = app.add_subcommand("run", "Run code, or code and its tests");
  command->footer(
      "Exit status: 0 for every completed run, 1 after a time-out. With --check: 0 all well, 10\n"
      "tests failed, 11 runtime error, 12 compile error, 13 time, 14 memory, 15 output limit, 16\n"
      "no tests or a broken report, 17 killed by a signal. 64 and above: cloche itself failed.\n"
      "\n"
      "Examples:\n"
      "  cloche run -l python -c 'print(1+1)'\n"
      "  cloche run -l javascript -c 'var a = 1;' -t cw -f 'Test.assertEquals(a, 1)'\n"
      "  cloche run -l python --solution-file add.py --fixture-file test_add.py -t unittest");
  add_code_options(*command, *given);
  add_limit_options(*command, *given);
  add_report_options(*command, *given);
  command->callback([given, &action] { action = [given] { return run(*given); }; });
}

}  // namespace cloche::cli
