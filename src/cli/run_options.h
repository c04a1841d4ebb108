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

struct RunOptions {
  // The value of each option that has a key in the request too, as a change of it. They go over
  // the request of --request.
  std::vector<std::function<void(runner::Request&)>> changes;
  // Texts that may come from a file instead.
  std::optional<std::string> code, fixture, setup, code_file, fixture_file, setup_file;
  std::optional<std::string> format, request, cases;
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
runner::RequestDocument read_request(const RunOptions& given);

}  // namespace cloche::cli
