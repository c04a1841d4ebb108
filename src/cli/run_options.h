// The options of `run` and `call` that give the code, the image and the limits.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "runner/request/request.h"

namespace CLI {
class App;
}

namespace cloche::cli {

class OptionGroup;

struct RunArguments {
  // The options that are also keys of a request, each as a change of the request. They are applied
  // after the request of --request and override it.
  std::vector<std::function<void(runner::Request&)>> changes;
  // Texts that may come from a file instead.
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> format, request, cases;
  std::vector<std::string> services, files, arguments;
  bool debug = false, check = false, forward_stdin = false, strict = false, show_version = false;
};

// Adds groups of options: the code and its language; tests and other options that only `run` has;
// limits; the report.
void add_code_options(OptionGroup& group, RunArguments& given);
void add_way_options(OptionGroup& group, RunArguments& given);
void add_compat_option(OptionGroup& group, RunArguments& given);
void add_limit_options(CLI::App& command, RunArguments& given);
void add_compile_options(CLI::App& command, RunArguments& given);

// The content of the file at `path`, or of standard input for "-".
std::string read_input(const std::string& path);

// The request: that of --request if given, overridden by the other options. Throws Error:
// usage, no_input, bad_data.
runner::RequestDocument read_request(const RunArguments& given);

}  // namespace cloche::cli
