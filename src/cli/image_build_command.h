#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cloche::cli {

// Adds `build` to `cloche image`. When it is chosen, parsing sets `action` to what it does.
void add_image_build_command(CLI::App& image, std::function<int()>& action);

}  // namespace cloche::cli
