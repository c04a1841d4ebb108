#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cloche::cli {

// Adds `sbom` to `cloche image`. When it is chosen, parsing sets `action` to what it does.
void add_image_sbom_command(CLI::App& image, std::function<int()>& action);

}  // namespace cloche::cli
