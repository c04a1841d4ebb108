#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace cloche::cli {

// Adds `cloche image build|import|list|inspect|remove`. When one of them is chosen, parsing sets
// `action` to what it does: it returns the exit status, and throws Error.
void add_image_command(CLI::App& app, std::function<int()>& action);

}  // namespace cloche::cli
