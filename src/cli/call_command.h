// The command `cloche call`.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cloche::cli {

void add_call_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
