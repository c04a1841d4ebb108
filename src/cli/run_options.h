// Options that say what is run and where: of `run`, and in part of `call`.
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

// As they are given; what is not given does not override a request's own.
struct RunOptions {
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> language, version, framework, shell, bash_file, entry_file, image;
  std::optional<std::string> timeout, memory, cpus, cpu_time, network, format, request, cases;
  std::optional<std::string> compile_timeout, compile_memory, compile_cpu_time;
  std::vector<std::string> services, files, arguments;
  bool debug = false, check = false, forward_stdin = false, strict = false, show_version = false;
};

// The code and its language; its tests and all else that only `run` has; limits; the report.
void add_code_options(OptionGroup& group, RunOptions& given);
void add_way_options(OptionGroup& group, RunOptions& given);
void add_limit_options(CLI::App& command, RunOptions& given);
void add_compile_options(CLI::App& command, RunOptions& given);

// What `path` holds, or standard input for "-".
std::string read_input(const std::string& path);

// The request, from --request if it is given, with what the options say over it. Throws Error:
// usage, no_input, bad_data.
runner::Options read_request(const RunOptions& given);

}  // namespace cloche::cli
