#include "cli/image_command.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/image_build_command.h"
#include "cli/image_sbom_command.h"
#include "cli/progress_bar.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "util/time.h"

namespace cloche::cli {

namespace {

using image::Image;
using image::Store;
using Json = nlohmann::json;

std::string human_size(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

std::string human_age(std::int64_t created) {
  const std::int64_t age = std::max<std::int64_t>(0, std::time(nullptr) - created);
  const std::pair<std::int64_t, const char*> units[] = {
      {86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
  for (const auto& [seconds, unit] : units) {
    const std::int64_t count = age / seconds;
    if (count > 0) return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  }
  return "now";
}

Json summary(const Image& image) {
  return {{"name", image.name},
          {"digest", image.digest},
          {"bytes", image.bytes},
          {"created", utc_time(image.created)},
          {"rootfs", image.rootfs}};
}

// What an image says of itself may not be UTF-8.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

image::Progress shown_on(ProgressBar& bar) {
  return [&bar](const std::string& what, std::uint64_t done, std::uint64_t of) {
    bar.update(what, done, of);
  };
}

void say_made(const Image& image, const char* how, double seconds) {
  std::printf("%s: %s in %.1f s, %s, %s\n", image.name.c_str(), how, seconds,
              human_size(image.bytes).c_str(), image.digest.c_str());
  std::fflush(stdout);
}

int import(const std::string& source, const std::string& name, const std::string& reference) {
  Store store = Store::open_default();
  ProgressBar bar(name);
  const Image made = store.import(source, name, reference, shown_on(bar));
  bar.clear();
  say_made(made, "imported", bar.seconds());
  return 0;
}

int list(bool as_json) {
  const std::vector<Image> images = Store::open_default().list();
  if (as_json) {
    Json json = Json::array();
    for (const Image& image : images) json.push_back(summary(image));
    std::cout << text_of(json) << "\n";
    return 0;
  }
  std::size_t width = 4;
  for (const Image& image : images) width = std::max(width, image.name.size());
  const int columns = static_cast<int>(width);
  std::printf("%-*s  %10s  %-12s  %s\n", columns, "NAME", "SIZE", "AGE", "DIGEST");
  for (const Image& image : images)
    std::printf("%-*s  %10s  %-12s  %s\n", columns, image.name.c_str(),
                human_size(image.bytes).c_str(), human_age(image.created).c_str(),
                image.digest.substr(0, 19).c_str());
  return 0;
}

int inspect(const std::string& name) {
  const Image image = Store::open_default().find(name);
  Json json = summary(image);
  json["config"] = {{"env", image.config.env},
                    {"entrypoint", image.config.entrypoint},
                    {"cmd", image.config.cmd},
                    {"working_dir", image.config.working_dir},
                    {"user", image.config.user}};
  json["dropped"] = {{"devices", image.dropped.devices},
                     {"set_ids", image.dropped.set_ids},
                     {"attributes", image.dropped.attributes}};
  json["layers"] = Json::array();
  for (const image::Layer& layer : image.layers)
    json["layers"].push_back(
        {{"digest", layer.digest}, {"media_type", layer.media_type}, {"size", layer.size}});
  std::cout << text_of(json) << "\n";
  return 0;
}

int remove(const std::vector<std::string>& names) {
  Store store = Store::open_default();
  for (const std::string& name : names) {
    store.remove(name);
    std::printf("%s: removed\n", name.c_str());
    std::fflush(stdout);
  }
  return 0;
}

struct Options {
  std::vector<std::string> names;
  std::string name;
  std::string source;
  std::string reference;
  bool json = false;
};

}  // namespace

void add_image_command(CLI::App& app, std::function<int()>& action) {
  // The commands outlive this function, and so what they parse into must.
  const auto options = std::make_shared<Options>();
  CLI::App* image = app.add_subcommand("image", "Make, import and manage images");
  image->require_subcommand(1);

  add_image_build_command(*image, action);
  add_image_sbom_command(*image, action);

  CLI::App* import_app = image->add_subcommand(
      "import", "Import an OCI layout (directory or tar) or a docker save archive");
  import_app->add_option("SOURCE", options->source, "a directory or file, or - for standard input")
      ->required();
  import_app->add_option("--name", options->name, "what to call it here")->required();
  import_app->add_option("--reference", options->reference,
                         "which image, by its tag, if the source holds several");
  import_app->callback([options, &action] {
    action = [options] { return import(options->source, options->name, options->reference); };
  });

  CLI::App* list_app = image->add_subcommand("list", "List the images");
  list_app->add_flag("--json", options->json, "as JSON");
  list_app->callback([options, &action] { action = [options] { return list(options->json); }; });

  CLI::App* inspect_app =
      image->add_subcommand("inspect", "Show what is known of an image, as JSON");
  inspect_app->add_option("NAME", options->name, "the image")->required();
  inspect_app->callback(
      [options, &action] { action = [options] { return inspect(options->name); }; });

  CLI::App* remove_app = image->add_subcommand("remove", "Remove images that nothing runs on");
  remove_app->add_option("NAME", options->names, "the images")->required();
  remove_app->callback(
      [options, &action] { action = [options] { return remove(options->names); }; });
}

}  // namespace cloche::cli
