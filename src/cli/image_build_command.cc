#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/image_command.h"
#include "cli/image_text.h"
#include "cli/progress_bar.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "image/build.h"
#include "image/recipe.h"

namespace cloche::cli {

namespace {

using image::Image;
using image::Store;

struct Options {
  std::vector<std::string> names;
  bool all = false;
  bool force = false;
  std::string progress = "auto";
};

int build(const Options& options) {
  const ProgressForm form = parse_progress_form(options.progress);
  const std::vector<std::string> known = image::recipe_names();
  const std::vector<std::string>& wanted = options.all ? known : options.names;
  if (wanted.empty()) {
    std::string list;
    for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
    throw Error(ErrorKind::usage, "build images: none is named", 0,
                "there are: " + list + "; or --all");
  }
  // All names are looked at before the first minute is spent.
  for (const std::string& name : wanted) image::load_recipe(name);
  Store store = Store::open_default();
  for (const std::string& name : wanted) {
    if (!options.force && store.contains(name)) {
      std::printf("%s: exists (--force builds it anew)\n", name.c_str());
      std::fflush(stdout);
      continue;
    }
    ProgressBar bar(name, form);
    const Image made = image::build(
        store, name,
        [&bar](const std::string& what, std::uint64_t done, std::uint64_t of) {
          bar.update(what, done, of);
        },
        options.force);
    bar.clear();
    say_made(made, "built", bar.seconds());
  }
  return 0;
}

}  // namespace

void add_image_build_command(CLI::App& image, std::function<int()>& action) {
  // The commands outlive this function, and so what they parse into must.
  const auto options = std::make_shared<Options>();
  CLI::App* app = image.add_subcommand("build", "Build images from Debian packages");
  app->add_option("NAME", options->names, "the images: directories of rootfs/");
  app->add_flag("--all", options->all, "build all of them");
  app->add_flag("--force", options->force, "build anew what exists");
  app->add_option("--progress", options->progress, "auto, plain, json or none");
  app->callback([options, &action] { action = [options] { return build(*options); }; });
}

}  // namespace cloche::cli
