// The options of `run` and `call` that give the code, the image and the limits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/request/request.h"

namespace CLI {
class App;
}

namespace cloche::cli {

class OptionGroup;

// The options as given. An option that is absent does not override the request's field.
struct RunOptions {
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> language, version, framework, shell, bash_file, entry_file, image;
  std::optional<std::string> timeout, memory, cpus, cpu_time, network, format, request, cases;
  std::optional<std::string> compile_timeout, compile_memory, compile_cpu_time;
  std::vector<std::string> services, files, arguments;
  bool debug = false, check = false, forward_stdin = false, strict = false, show_version = false;
};

// Groups of options: the code and its language; tests and whatever only `run` has; limits; the
// report.
void add_code_options(OptionGroup& group, RunOptions& given);
void add_way_options(OptionGroup& group, RunOptions& given);
void add_limit_options(CLI::App& command, RunOptions& given);
void add_compile_options(CLI::App& command, RunOptions& given);

// The content of the file at `path`, or of standard input for "-".
std::string read_input(const std::string& path);

// The request: that of --request if given, overridden by the other options. Throws Error:
// usage, no_input, bad_data.
runner::Options read_request(const RunOptions& given);

}  // namespace cloche::cli
