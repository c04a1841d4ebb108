// `cloche languages`: what can be run.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cloche::cli {

void add_languages_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
