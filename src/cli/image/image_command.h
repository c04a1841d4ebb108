#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace cloche::cli {

// Adds `cloche image` and its subcommands. When one of them is chosen, parsing sets `action` to the
// function that carries it out: it returns the exit status, and throws Error.
void add_image_command(CLI::App& app, std::function<int()>& action);

// Each of these adds subcommands to `image`: build;
void add_image_build_command(CLI::App& image, std::function<int()>& action);
// import and pull;
void add_image_import_commands(CLI::App& image, std::function<int()>& action);
// list and inspect;
void add_image_list_commands(CLI::App& image, std::function<int()>& action);
// export and verify;
void add_image_export_commands(CLI::App& image, std::function<int()>& action);
// remove and prune;
void add_image_remove_commands(CLI::App& image, std::function<int()>& action);
// sbom.
void add_image_sbom_command(CLI::App& image, std::function<int()>& action);

}  // namespace cloche::cli
