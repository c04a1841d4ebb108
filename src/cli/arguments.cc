#include "cli/arguments.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace cloche::cli {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kShort = {{
    {"-lv", "--languageVersion"},
    {"-sh", "--shell"},
    {"-fmt", "--format"},
    {"-srv", "--services"},
}};

constexpr std::string_view kFlags[] = {"-d",     "--debug", "-v",      "--version", "-h",
                                       "--help", "--check", "--stdin", "--strict"};

bool is_flag(const std::string& argument) {
  return std::find(std::begin(kFlags), std::end(kFlags), argument) != std::end(kFlags);
}

}  // namespace

std::vector<std::string> expand_short_options(std::vector<std::string> arguments) {
  if (arguments.empty() || (arguments.front() != "run" && arguments.front() != "call"))
    return arguments;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    std::string& argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') continue;
    for (const auto& [brief, full] : kShort) {
      if (argument == brief)
        argument = full;
      else if (argument.starts_with(std::string(brief) + "="))
        argument = std::string(full) + argument.substr(brief.size());
      else
        continue;
      break;
    }
    // The next word is this option's value, whatever it looks like.
    const bool has_value =
        argument.find('=') != std::string::npos || (argument[1] != '-' && argument.size() > 2);
    if (!has_value && !is_flag(argument)) ++i;
  }
  return arguments;
}

}  // namespace cloche::cli
