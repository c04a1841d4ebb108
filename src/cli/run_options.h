// Options that say what is run and where: of `run`, and in part of `call`.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "runner/request/request.h"

namespace cloche::cli {

// As they are given; what is not given does not override a request's own.
struct RunOptions {
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> language, version, framework, shell, bash_file, entry_file, image;
  std::optional<std::string> timeout, memory, cpus, cpu_time, network, format, request, cases;
  std::optional<std::string> compile_timeout, compile_memory, compile_cpu_time;
  std::vector<std::string> services, files, arguments;
  bool debug = false, check = false, forward_stdin = false, strict = false, show_version = false;
};

// Adds options to one group of the help.
class OptionGroup {
 public:
  OptionGroup(CLI::App& command, std::string name) : command_(command), name_(std::move(name)) {}

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
