#include "cli/run_options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/option_group.h"
#include "cloche/error.h"
#include "runner/run/cases.h"
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

void put_limits(runner::Request& request, const RunOptions& given) {
  if (given.memory) request.memory_bytes = parse_memory(*given.memory, "--memory");
  const auto time = [](const std::optional<std::string>& text, const char* name,
                       std::optional<std::chrono::milliseconds>& limit) {
    if (text) limit = parse_milliseconds(*text, name);
  };
  time(given.timeout, "--timeout", request.timeout);
  time(given.cpu_time, "--cpu-time", request.cpu_time);
  time(given.compile_timeout, "--compile-timeout", request.compile_timeout);
  time(given.compile_cpu_time, "--compile-cpu-time", request.compile_cpu_time);
  if (given.compile_memory)
    request.compile_memory_bytes = parse_memory(*given.compile_memory, "--compile-memory");
  if (given.cpus) request.cpus = parse_cpus(*given.cpus, "--cpus");
  if (given.network) request.network = *given.network == "none" ? Network::none : Network::loopback;
  if (given.strict) request.strict = true;
}

// Standard input can be read for one option only.
void check_stdin(const RunOptions& given) {
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

runner::Options read_request(const RunOptions& given) {
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
  if (given.cases) {
    const std::string name = *given.cases == kStdin ? "the cases on standard input" : *given.cases;
    request.cases = runner::parse_cases(read_input(*given.cases), name);
  }
  return options;
}

void add_code_options(OptionGroup& group, RunOptions& given) {
  group.option("-l,--language", given.language, "NAME", "Language: see `cloche languages`");
  group.option("--languageVersion,--language-version", given.version, "V",
               "Its version, also -lv (default: see `cloche languages`)");
  group.option("-c,--code", given.code, "CODE", "The code");
  group.option("--solution-file", given.code_file, "FILE", "The code, from a file (- for stdin)");
  group.option("-s,--setup", given.setup, "CODE", "Code that comes before it");
  group.option("--setup-file", given.setup_file, "FILE", "The same, from a file");
  group
      .option("--file", given.files, "PATH=FILE",
              "A further file, PATH inside; PATH alone for both; repeatable")
      ->expected(1);
}

void add_way_options(OptionGroup& group, RunOptions& given) {
  group.option("-f,--fixture", given.fixture, "CODE", "Tests to run it under");
  group.option("--fixture-file", given.fixture_file, "FILE", "The same, from a file");
  group.option("-t,--test-framework,--testFramework", given.framework, "NAME",
               "Framework of the tests (default: the language's first)");
  group.option("--entry-file", given.entry_file, "PATH", "Of files without code: the one to run");
  group.option("--shell,--bash", given.shell, "SCRIPT",
               "Shell script to run before the code, also -sh");
  group.option("--bash-file", given.bash_file, "PATH", "The same, one of the files");
  group.option("--cases", given.cases, "FILE",
               "Inputs to run it with, one after the other: a JSON array, or an object a line");
  group.option("--request", given.request, "FILE",
               "All of this as a JSON object (- for stdin), which other options override");
}

void add_limit_options(CLI::App& command, RunOptions& given) {
  OptionGroup group(command, "Where and how long");
  group.option("--timeout", given.timeout, "MS",
               "Wall time of the run in ms, compilation not counted (default: 12000)");
  group.option("--memory", given.memory, "SIZE", "Memory: 64M, 1G (default: 512M)");
  group.option("--cpu-time", given.cpu_time, "MS", "CPU time of the run (default: no limit)");
  group.option("--cpus", given.cpus, "N", "CPUs' worth of time (default: all)");
  group
      .option("--network", given.network, "KIND",
              "none, or loopback: only to itself (default: loopback)")
      ->check(CLI::IsMember({"none", "loopback"}).description(""));
  group.option("--image", given.image, "NAME", "Image instead of the language's own");
  group.flag("--strict", given.strict, "Refuse limits that can only be approximated");
  group.flag("--stdin", given.forward_stdin, "Give standard input to the program");
}

void add_compile_options(CLI::App& command, RunOptions& given) {
  OptionGroup group(command, "Where and how long");
  group.option("--compile-timeout", given.compile_timeout, "MS",
               "Wall time of each compile step (default: the language's, 30000 mostly)");
  group.option("--compile-memory", given.compile_memory, "SIZE",
               "Memory of each compile step (default: as --memory)");
  group.option("--compile-cpu-time", given.compile_cpu_time, "MS",
               "CPU time of each compile step (default: no limit)");
  group
      .option("--services", given.services, "NAME",
              "mongodb or redis, also -srv (not available yet)")
      ->check(CLI::IsMember({"mongodb", "redis"}).description(""))
      ->expected(1);
}

}  // namespace cloche::cli
