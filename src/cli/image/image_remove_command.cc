#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/exit_status.h"
#include "cli/image/image_command.h"
#include "cli/image/image_text.h"
#include "cli/output.h"
#include "cloche/image.h"
#include "util/json.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

using image::Store;

struct RemoveCommand {
  std::vector<std::string> names;
  std::string older_than;
  bool all = false;
  bool dry_run = false;
  bool json = false;
};

int remove(const std::vector<std::string>& names) {
  Store store = Store::open_default();
  for (const std::string& name : names) {
    store.remove(name);
    std::printf("%s: removed\n", name.c_str());
    flush_output();
  }
  return 0;
}

int prune_status(const image::Pruned& pruned) {
  return pruned.unreadable.empty() ? 0 : exit_status(ErrorKind::image_corrupt);
}

int prune(const RemoveCommand& options) {
  image::PruneOptions how;
  how.dry_run = options.dry_run;
  if (options.all) how.older_than = std::chrono::seconds(0);
  if (!options.older_than.empty()) how.older_than = parse_age(options.older_than, "--older-than");
  const image::Pruned pruned = Store::open_default().prune(how);
  if (options.json) {
    const SortedJson json = {{"dry_run", options.dry_run}, {"images", pruned.images},
                             {"in_use", pruned.in_use},    {"unreadable", pruned.unreadable},
                             {"staging", pruned.staging},  {"root_file_systems", pruned.rootfs},
                             {"blobs", pruned.blobs},      {"bytes", pruned.bytes}};
    print_json(json);
    return prune_status(pruned);
  }
  for (const std::string& name : pruned.images)
    std::printf("%s: %s\n", name.c_str(), options.dry_run ? "would be removed" : "removed");
  for (const std::string& name : pruned.in_use) std::printf("%s: in use\n", name.c_str());
  std::printf("%s %s: %zu images, %llu root file systems, %llu blobs, %llu unfinished imports\n",
              options.dry_run ? "would free" : "freed", human_size(pruned.bytes).c_str(),
              pruned.images.size(), static_cast<unsigned long long>(pruned.rootfs),
              static_cast<unsigned long long>(pruned.blobs),
              static_cast<unsigned long long>(pruned.staging));
  flush_output();
  for (const std::string& name : pruned.unreadable)
    std::fprintf(stderr,
                 "cloche: cannot read the record of %s, so all root file systems and blobs stay "
                 "(cloche image remove %s)\n",
                 name.c_str(), name.c_str());
  return prune_status(pruned);
}

}  // namespace

void add_image_remove_commands(CLI::App& image, std::function<int()>& action) {
  // The commands outlive this function, so their parsed values must, too.
  const auto options = std::make_shared<RemoveCommand>();
  CLI::App* remove_app =
      image.add_subcommand("remove", "Remove images that are not in use")->alias("rm");
  remove_app->add_option("NAME", options->names, "the images")->required();
  remove_app->callback(
      [options, &action] { action = [options] { return remove(options->names); }; });

  CLI::App* prune_app = image.add_subcommand("prune", "Remove everything that no image needs");
  CLI::Option* older =
      prune_app->add_option("--older-than", options->older_than,
                            "also images imported longer ago, such as 12h or 30d, and not in use");
  prune_app->add_flag("--all", options->all, "also all images that are not in use")
      ->excludes(older);
  prune_app->add_flag("--dry-run", options->dry_run, "only list what would be removed");
  prune_app->add_flag("--json", options->json, "as JSON");
  prune_app->callback([options, &action] { action = [options] { return prune(*options); }; });
}

}  // namespace cloche::cli
