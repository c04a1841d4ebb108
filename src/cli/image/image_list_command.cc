#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>

#include "cli/exit_status.h"
#include "cli/image/image_command.h"
#include "cli/image/image_text.h"
#include "cli/output.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

using image::Image;
using image::Store;

struct ListCommand {
  std::string name;
  bool json = false;
};

void print_table(const std::vector<Image>& images) {
  std::size_t width = 4;
  for (const Image& image : images) width = std::max(width, image.name.size());
  const int columns = static_cast<int>(width);
  std::printf("%-*s  %10s  %-12s  %-19s  %s\n", columns, "NAME", "SIZE", "AGE", "DIGEST", "IN USE");
  for (const Image& image : images)
    std::printf("%-*s  %10s  %-12s  %-19s  %s\n", columns, image.name.c_str(),
                human_size(image.bytes).c_str(), human_age(image.created).c_str(),
                image.digest.substr(0, 19).c_str(), image.in_use ? "yes" : "no");
  flush_output();
}

int list(bool as_json) {
  std::vector<std::string> broken;
  const std::vector<Image> images = Store::open_default().list(&broken);
  if (as_json) {
    SortedJson json = SortedJson::array();
    for (const Image& image : images) {
      json.push_back(image_summary(image));
      json.back()["in_use"] = image.in_use;
    }
    print_json(json);
  } else {
    print_table(images);
  }
  for (const std::string& name : broken)
    std::fprintf(stderr, "cloche: the record of %s cannot be read; import it again\n",
                 name.c_str());
  return broken.empty() ? 0 : exit_status(ErrorKind::image_corrupt);
}

// A member of a document, or null.
SortedJson part(const SortedJson& json, const char* key) {
  return json.is_object() && json.contains(key) ? json[key] : SortedJson();
}

int inspect(const std::string& name) {
  const Store store = Store::open_default();
  const Image image = store.find(name);
  const image::Documents documents = store.documents(name);
  const SortedJson manifest = SortedJson::parse(documents.manifest, nullptr, false);
  const SortedJson config = SortedJson::parse(documents.config, nullptr, false);
  SortedJson json = image_summary(image);
  json["config"] = {{"env", image.config.env},
                    {"entrypoint", image.config.entrypoint},
                    {"cmd", image.config.cmd},
                    {"working_dir", image.config.working_dir},
                    {"user", image.config.user}};
  json["labels"] = part(part(config, "config"), "Labels");
  json["architecture"] = part(config, "architecture");
  json["os"] = part(config, "os");
  json["made"] = part(config, "created");
  json["history"] = part(config, "history");
  json["media_type"] = part(manifest, "mediaType");
  json["annotations"] = part(manifest, "annotations");
  json["dropped"] = {{"devices", image.dropped.devices},
                     {"set_ids", image.dropped.set_ids},
                     {"attributes", image.dropped.attributes}};
  const SortedJson diff_ids = part(part(config, "rootfs"), "diff_ids");
  json["layers"] = SortedJson::array();
  for (const image::Layer& layer : image.layers) {
    const std::size_t index = json["layers"].size();
    json["layers"].push_back({{"digest", layer.digest},
                              {"diff_id", index < diff_ids.size() ? diff_ids[index] : SortedJson()},
                              {"media_type", layer.media_type},
                              {"size", layer.size}});
  }
  print_json(json);
  return 0;
}

}  // namespace

void add_image_list_commands(CLI::App& image, std::function<int()>& action) {
  // The commands outlive this function, so their parsed values must, too.
  const auto options = std::make_shared<ListCommand>();
  CLI::App* list_app = image.add_subcommand("list", "List the images")->alias("ls");
  list_app->add_flag("--json", options->json, "as JSON");
  list_app->callback([options, &action] { action = [options] { return list(options->json); }; });

  CLI::App* inspect_app = image.add_subcommand("inspect", "Show the metadata of an image, as JSON");
  inspect_app->add_option("NAME", options->name, "the image")->required();
  inspect_app->callback(
      [options, &action] { action = [options] { return inspect(options->name); }; });
}

}  // namespace cloche::cli
