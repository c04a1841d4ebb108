#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "cli/image/image_command.h"
#include "cloche/image.h"
#include "image/build/sbom.h"
#include "util/file.h"

namespace cloche::cli {

namespace {

int sbom(const std::string& name) {
  const image::Image image = image::Store::open_default().find(name);
  write_all(STDOUT_FILENO, image::read_sbom(image.rootfs, name), "standard output");
  return 0;
}

}  // namespace

void add_image_sbom_command(CLI::App& image, std::function<int()>& action) {
  // The command outlives this function, so its parsed values must, too.
  const auto name = std::make_shared<std::string>();
  CLI::App* app = image.add_subcommand("sbom", "Print the packages of an image, as SPDX 2.3 JSON");
  app->add_option("NAME", *name, "the image")->required();
  app->callback([name, &action] { action = [name] { return sbom(*name); }; });
}

}  // namespace cloche::cli
