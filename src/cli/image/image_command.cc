#include "cli/image/image_command.h"

#include <CLI/CLI.hpp>

namespace cloche::cli {

void add_image_command(CLI::App& app, std::function<int()>& action) {
  CLI::App* image = app.add_subcommand("image", "Make, fetch, import and manage images");
  image->require_subcommand(1);
  add_image_build_command(*image, action);
  add_image_import_commands(*image, action);
  add_image_list_commands(*image, action);
  add_image_export_commands(*image, action);
  add_image_remove_commands(*image, action);
  add_image_sbom_command(*image, action);
}

}  // namespace cloche::cli
