#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "cli/image/image_command.h"
#include "cli/image/image_text.h"
#include "cli/image/progress_bar.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "image/source/skopeo.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

using image::Caps;
using image::Image;
using image::SourceKind;
using image::Store;

struct ImportCommand {
  std::string source;
  std::string name;
  std::string reference;
  std::string type = "auto";
  std::string authfile;
  std::string progress = "auto";
  std::string max_bytes, max_entries, max_path, max_depth, max_time;
  bool tls_verify = true;
  bool replace = false;
};

SourceKind kind_named(const std::string& name) {
  if (name == "auto") return SourceKind::automatic;
  if (name == "oci") return SourceKind::layout;
  if (name == "docker") return SourceKind::docker_archive;
  if (name == "rootfs") return SourceKind::rootfs;
  throw Error(ErrorKind::usage, "import a source of the type \"" + name + "\"", 0,
              "there are: auto, oci, docker, rootfs");
}

Caps caps_of(const ImportCommand& options) {
  Caps caps;
  if (!options.max_bytes.empty()) caps.bytes = parse_bytes(options.max_bytes, "--max-bytes");
  const auto count = [](const std::string& text, const char* name, std::uint64_t& cap) {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    if (!text.empty()) cap = parse_count(text, name, kMost);
  };
  count(options.max_entries, "--max-entries", caps.entries);
  count(options.max_path, "--max-path", caps.path);
  count(options.max_depth, "--max-depth", caps.depth);
  if (!options.max_time.empty())
    caps.time = std::chrono::duration_cast<std::chrono::milliseconds>(
        parse_duration(options.max_time, "--max-time"));
  return caps;
}

int import(const ImportCommand& options) {
  if (options.source == "-" && ::isatty(STDIN_FILENO) == 1)
    throw Error(ErrorKind::usage, "read an image from a terminal", 0,
                "redirect standard input: docker save NAME | cloche image import - --name NAME");
  image::ImportOptions how;
  how.kind = kind_named(options.type);
  how.reference = options.reference;
  how.replace = options.replace;
  how.caps = caps_of(options);
  Store store = Store::open_default();
  ProgressBar bar(options.name, parse_progress_form(options.progress), ProgressUnit::bytes);
  return with_progress(bar, [&](const image::Progress& progress) {
    how.progress = progress;
    const Image made = store.import(options.source, options.name, how);
    bar.clear();
    say_made(made, "imported", bar.seconds());
    return 0;
  });
}

// "docker://registry/name:tag" without its transport.
std::string name_of(const std::string& reference) {
  const std::string start = "docker://";
  if (reference.compare(0, start.size(), start) == 0 && reference.find('@') == std::string::npos)
    return reference.substr(start.size());
  throw Error(ErrorKind::usage, "name the image of " + reference, 0, "say how with --name");
}

int pull(const ImportCommand& options) {
  image::check_reference(options.source);
  image::PullOptions how;
  how.tls_verify = options.tls_verify;
  how.authfile = options.authfile;
  how.replace = options.replace;
  how.caps = caps_of(options);
  const std::string name = options.name.empty() ? name_of(options.source) : options.name;
  Store store = Store::open_default();
  ProgressBar bar(name, parse_progress_form(options.progress), ProgressUnit::bytes);
  return with_progress(bar, [&](const image::Progress& progress) {
    how.progress = progress;
    const Image made = store.pull(options.source, name, how);
    bar.clear();
    say_made(made, "pulled", bar.seconds());
    return 0;
  });
}

void add_common(CLI::App& app, ImportCommand& options) {
  app.add_flag("--replace", options.replace, "replace an image of that name");
  app.add_option("--max-bytes", options.max_bytes, "uncompressed size of all layers (64G)");
  app.add_option("--max-entries", options.max_entries, "files of all layers (4000000)");
  app.add_option("--max-path", options.max_path, "bytes of one path (4096)");
  app.add_option("--max-depth", options.max_depth, "components of one path (256)");
  app.add_option("--max-time", options.max_time, "for the whole import (1h)");
  app.add_option("--progress", options.progress, "auto, plain, json or none");
}

}  // namespace

void add_image_import_commands(CLI::App& image, std::function<int()>& action) {
  // The commands outlive this function, so their parsed values must, too.
  const auto options = std::make_shared<ImportCommand>();
  CLI::App* import_app = image.add_subcommand(
      "import",
      "Import an OCI layout (directory or tar), a docker save archive, or a root file system");
  import_app->add_option("SOURCE", options->source, "a directory or file, or - for standard input")
      ->required();
  import_app->add_option("--name", options->name, "its name in the store")->required();
  import_app->add_option("--reference", options->reference,
                         "tag of the image to take, if the source holds several");
  import_app->add_option("--type", options->type,
                         "type of SOURCE: oci, docker or rootfs; auto detects it");
  add_common(*import_app, *options);
  import_app->callback([options, &action] { action = [options] { return import(*options); }; });

  CLI::App* pull_app = image.add_subcommand("pull", "Fetch an image from a registry, with skopeo");
  pull_app
      ->add_option("REFERENCE", options->source,
                   "docker://registry/name:tag, or another reference of skopeo")
      ->required();
  pull_app->add_option("--name", options->name,
                       "its name in the store; by default the reference without docker://");
  pull_app->add_option("--tls-verify", options->tls_verify,
                       "false: also a registry without TLS or with a self-signed certificate");
  pull_app->add_option("--authfile", options->authfile, "skopeo's file of credentials");
  add_common(*pull_app, *options);
  pull_app->callback([options, &action] { action = [options] { return pull(*options); }; });
}

}  // namespace cloche::cli
