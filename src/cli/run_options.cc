#include "cli/run_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/option_group.h"
#include "cloche/error.h"
#include "runner/request/cases.h"
#include "util/file.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

constexpr const char* kStdin = "-";

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

// Reads the text of an option into the request. `name` is the option's name in errors.
using Change = void (*)(runner::Request& request, const std::string& text, const char* name);

template <auto field>
void set_text(runner::Request& request, const std::string& text, const char*) {
  request.*field = text;
}

template <auto field, auto parse>
void set_limit(runner::Request& request, const std::string& text, const char* name) {
  request.*field = parse(text, name);
}

void set_network(runner::Request& request, const std::string& text, const char*) {
  request.network = text == "none" ? Network::none : Network::loopback;
}

void set_compat(runner::Request& request, const std::string&, const char*) {
  request.compat = runner::Compat::codewars;
}

// Adds an option that changes the request. `names` may hold several names; errors use the last one.
CLI::Option* change(OptionGroup& group, RunArguments& given, const char* names, Change set,
                    const char* type, const char* help) {
  const std::string name = std::string(names).substr(std::string(names).rfind(',') + 1);
  const auto remember = [&given, name, set](const std::string& text) {
    given.changes.emplace_back(
        [text, name, set](runner::Request& request) { set(request, text, name.c_str()); });
  };
  return group.taken(names, remember, type, help);
}

// Refuses standard input for more than one option.
void check_stdin(const RunArguments& given) {
  int readers = given.forward_stdin ? 1 : 0;
  for (const auto* path :
       {&given.request, &given.code_file, &given.fixture_file, &given.setup_file, &given.cases})
    if (*path && **path == kStdin) ++readers;
  for (const std::string& file : given.files)
    if (file.ends_with("=-")) ++readers;
  if (readers > 1)
    throw Error(ErrorKind::usage, "read standard input twice", 0,
                "give only one of the options a \"-\", and none together with --stdin");
}

}  // namespace

std::string read_input(const std::string& path) {
  return path == kStdin ? read_all(STDIN_FILENO, "standard input") : read_file(path);
}

runner::RequestDocument read_request(const RunArguments& given) {
  check_stdin(given);
  runner::RequestDocument options;
  if (given.request) {
    const std::string name =
        *given.request == kStdin ? "the request on standard input" : *given.request;
    options = runner::parse_request_document(read_input(*given.request), name);
  }
  runner::Request& request = options.request;
  put(request.solution, given.code, given.code_file);
  put(request.fixture, given.fixture, given.fixture_file);
  put(request.setup, given.setup, given.setup_file);
  for (const auto& set : given.changes) set(request);
  if (!given.services.empty()) request.services = given.services;
  if (!given.arguments.empty()) request.arguments = given.arguments;
  put_files(request, given.files);
  if (given.strict) request.strict = true;
  if (given.cases) {
    const std::string name = *given.cases == kStdin ? "the cases on standard input" : *given.cases;
    request.cases = runner::parse_cases(read_input(*given.cases), name);
  }
  return options;
}

void add_code_options(OptionGroup& group, RunArguments& given) {
  change(group, given, "-l,--language", set_text<&runner::Request::language>, "NAME",
         "Language: see `cloche languages`");
  change(group, given, "--languageVersion,--language-version", set_text<&runner::Request::version>,
         "V", "Its version, also -lv (default: see `cloche languages`)");
  group.option("-c,--code", given.code, "CODE", "The code");
  group.option("--solution-file", given.code_file, "FILE", "The code, from a file (- for stdin)");
  group.option("-s,--setup", given.setup, "CODE", "Code that comes before the solution");
  group.option("--setup-file", given.setup_file, "FILE", "The same, from a file");
  group
      .option("--file", given.files, "PATH=FILE",
              "A further file, PATH inside; PATH alone for both; repeatable")
      ->expected(1);
}

void add_way_options(OptionGroup& group, RunArguments& given) {
  group.option("-f,--fixture", given.fixture, "CODE", "Tests to run the solution under");
  group.option("--fixture-file", given.fixture_file, "FILE", "The same, from a file");
  change(group, given, "-t,--test-framework,--testFramework", set_text<&runner::Request::framework>,
         "NAME", "Framework of the tests (default: the language's first)");
  change(group, given, "--entry-file", set_text<&runner::Request::entry_file>, "PATH",
         "The file to run, for files without code");
  change(group, given, "--shell,--bash", set_text<&runner::Request::bash>, "SCRIPT",
         "Shell script to run before the code, also -sh");
  change(group, given, "--bash-file", set_text<&runner::Request::bash_file>, "PATH",
         "The same, one of the files");
  group.option("--cases", given.cases, "FILE",
               "Inputs to run it with, one after the other: a JSON array, or an object a line");
  group.option("--request", given.request, "FILE",
               "All of this as a JSON object (- for stdin), which other options override");
}

void add_compat_option(OptionGroup& group, RunArguments& given) {
  change(group, given, "--compat", set_compat, "NAME",
         "codewars: clean up output as the old runner of Codewars did (default: leave it as it is)")
      ->check(CLI::IsMember({runner::kCodewars}).description(""));
}

void add_limit_options(CLI::App& command, RunArguments& given) {
  OptionGroup group(command, "Environment and limits");
  change(group, given, "--timeout", set_limit<&runner::Request::timeout, parse_milliseconds>, "MS",
         "Wall time of the run in ms, compilation not counted (default: 12000)");
  change(group, given, "--memory", set_limit<&runner::Request::memory_bytes, parse_memory>, "SIZE",
         "Memory: 64M, 1G (default: 512M)");
  change(group, given, "--cpu-time", set_limit<&runner::Request::cpu_time, parse_milliseconds>,
         "MS", "CPU time of the run (default: no limit)");
  change(group, given, "--cpus", set_limit<&runner::Request::cpus, parse_cpus>, "N",
         "CPUs' worth of time (default: all)");
  change(group, given, "--network", set_network, "KIND",
         "none, or loopback: only to itself (default: loopback)")
      ->check(CLI::IsMember({"none", "loopback"}).description(""));
  change(group, given, "--image", set_text<&runner::Request::image>, "NAME",
         "Image instead of the language's own");
  group.flag("--strict", given.strict, "Refuse limits that can only be approximated");
  group.flag("--stdin", given.forward_stdin, "Give standard input to the program");
}

void add_compile_options(CLI::App& command, RunArguments& given) {
  OptionGroup group(command, "Environment and limits");
  change(group, given, "--compile-timeout",
         set_limit<&runner::Request::compile_timeout, parse_milliseconds>, "MS",
         "Wall time of each compile step (default: the language's, 30000 mostly)");
  change(group, given, "--compile-memory",
         set_limit<&runner::Request::compile_memory_bytes, parse_memory>, "SIZE",
         "Memory of each compile step (default: as --memory)");
  change(group, given, "--compile-cpu-time",
         set_limit<&runner::Request::compile_cpu_time, parse_milliseconds>, "MS",
         "CPU time of each compile step (default: no limit)");
  group
      .option("--services", given.services, "NAME",
              "Start a service of the language first, also -srv (repeatable)")
      ->expected(1);
}

}  // namespace cloche::cli
