#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/exit_status.h"
#include "cli/image/image_command.h"
#include "cli/image/progress_bar.h"
#include "cli/output.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

using image::Difference;
using image::Image;
using image::Store;

struct ExportCommand {
  std::string name;
  std::vector<std::string> names;
  std::string destination;
  std::string reference;
  std::string progress = "auto";
  bool json = false;
};

int export_image(const ExportCommand& options) {
  if (options.destination == "-" && ::isatty(STDOUT_FILENO) == 1)
    throw Error(ErrorKind::usage, "write a tar to a terminal", 0, "redirect standard output");
  ProgressBar bar(options.name, parse_progress_form(options.progress), ProgressUnit::bytes);
  return with_progress(bar, [&](const image::Progress& progress) {
    Store::open_default().export_to(options.name, options.destination, options.reference, progress);
    return 0;
  });
}

// The documents of an image may hold any bytes.
std::string printable(std::string text) {
  for (char& byte : text)
    if ((byte >= 0 && byte < ' ') || byte == 127) byte = '?';
  return text;
}

void print_found(const std::string& name, const std::vector<Difference>& differences) {
  if (differences.empty()) {
    std::printf("%s: good\n", name.c_str());
  } else {
    std::printf("%s: %zu %s\n", name.c_str(), differences.size(),
                differences.size() == 1 ? "difference" : "differences");
    for (const Difference& each : differences)
      std::printf("  %s: %s\n", printable(each.where).c_str(), printable(each.what).c_str());
  }
  flush_output();
}

int verify(const ExportCommand& options) {
  const ProgressForm form = parse_progress_form(options.progress);
  const Store store = Store::open_default();
  std::vector<std::string> names = options.names;
  if (names.empty())
    // Only the other user can verify the images of another user's store.
    for (const Image& image : store.list(&names))
      if (image.rootfs.starts_with(store.path() + "/")) names.push_back(image.name);
  bool good = true;
  SortedJson json = SortedJson::array();
  for (const std::string& name : names) {
    std::vector<Difference> differences;
    ProgressBar bar(name, form, ProgressUnit::bytes);
    const int stopped = with_progress(bar, [&](const image::Progress& progress) {
      differences = store.verify(name, progress);
      return 0;
    });
    if (stopped != 0) return stopped;
    bar.clear();
    good = good && differences.empty();
    if (!options.json) {
      print_found(name, differences);
      continue;
    }
    SortedJson list = SortedJson::array();
    for (const Difference& each : differences)
      list.push_back({{"where", each.where}, {"what", each.what}});
    json.push_back({{"name", name}, {"good", differences.empty()}, {"differences", list}});
  }
  if (options.json) print_json(json);
  return good ? 0 : exit_status(ErrorKind::image_corrupt);
}

}  // namespace

void add_image_export_commands(CLI::App& image, std::function<int()>& action) {
  // The commands outlive this function, so their parsed values must, too.
  const auto options = std::make_shared<ExportCommand>();
  CLI::App* export_app = image.add_subcommand("export", "Write an image as an OCI layout");
  export_app->add_option("NAME", options->name, "the image")->required();
  export_app
      ->add_option("DEST", options->destination,
                   "a new directory; a new tar if it ends in .tar; - for a tar to standard output")
      ->required();
  export_app->add_option("--reference", options->reference, "its tag there; else its name");
  export_app->add_option("--progress", options->progress, "auto, plain, json or none");
  export_app->callback(
      [options, &action] { action = [options] { return export_image(*options); }; });

  CLI::App* verify_app =
      image.add_subcommand("verify", "Compare images with their imported content; changes nothing");
  verify_app->add_option("NAME", options->names, "the images; by default all of your store");
  verify_app->add_flag("--json", options->json, "as JSON");
  verify_app->add_option("--progress", options->progress, "auto, plain, json or none");
  verify_app->callback([options, &action] { action = [options] { return verify(*options); }; });
}

}  // namespace cloche::cli
