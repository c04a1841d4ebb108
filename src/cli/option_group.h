// Groups of options in the help of a command. Includes CLI11, so only files that describe options
// include it.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <utility>

namespace cloche::cli {

// Adds options to one group of the help.
class OptionGroup {
 public:
  OptionGroup(CLI::App& command, std::string name) : command_(command), name_(std::move(name)) {}

  template <typename Value>
  CLI::Option* option(const char* names, Value& value, const char* type, const char* help) {
    return command_.add_option(names, value, help)->type_name(type)->group(name_);
  }
  // An option whose value `take` gets as text.
  template <typename Take>
  CLI::Option* taken(const char* names, Take take, const char* type, const char* help) {
    const std::function<void(const std::string&)> function = take;
    return command_.add_option_function(names, function, help)->type_name(type)->group(name_);
  }
  CLI::Option* flag(const char* names, bool& value, const char* help) {
    return command_.add_flag(names, value, help)->group(name_);
  }

 private:
  CLI::App& command_;
  std::string name_;
};

}  // namespace cloche::cli
