// The older form of `docker save`: manifest.json, a configuration, and layers. Of the layers it
// records only the uncompressed digests.

#include "cloche/error.h"
#include "image/source/source.h"
#include "util/json.h"

namespace cloche::image {

namespace {

std::string digest_in_name(const std::string& path) {
  // Docker names a configuration "<hex>.json", newer versions "blobs/sha256/<hex>".
  std::string name = path.substr(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  const std::size_t dot = name.find('.');
  if (dot != std::string::npos) name.resize(dot);
  const bool hex = name.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex && name.size() == 64 ? "sha256:" + name : std::string();
}

const SortedJson& choose(const SortedJson& list, const std::string& reference, const Source& source,
                         const std::string& what) {
  std::vector<const SortedJson*> found;
  std::string tags;
  for (const SortedJson& entry : list) {
    const std::vector<std::string> own = text_list(entry, "RepoTags", what);
    bool named = reference.empty();
    for (const std::string& tag : own) {
      tags += (tags.empty() ? "" : ", ") + tag;
      named = named || is_referred(tag, reference);
    }
    if (named) found.push_back(&entry);
  }
  if (tags.empty()) tags = "no image with a tag";
  if (list.empty()) corrupt(what, "it lists no image");
  if (found.empty())
    throw Error(ErrorKind::usage, "find the image '" + reference + "' in " + source.shown, 0,
                "it has: " + tags);
  if (found.size() > 1)
    throw Error(ErrorKind::usage, "choose an image of " + source.shown, 0,
                "name one of its tags with --reference: " + tags);
  return *found.front();
}

}  // namespace

ImportPlan plan_docker_archive(const Importer& importer, const Source& source,
                               const std::string& reference) {
  const std::string what = "manifest.json of " + source.shown;
  const SortedJson list = parse_document(read_text(source, "manifest.json", what), what);
  if (!list.is_array()) corrupt(what, "it is no list");
  const SortedJson& image = choose(list, reference, source, what);

  ImportPlan plan;
  const std::string config_path = text_member(image, "Config", what);
  const std::string config_name = "the configuration " + config_path + " of " + source.shown;
  plan.config_digest = digest_in_name(config_path);
  plan.config_text = read_blob(importer, source, config_path, plan.config_digest, -1, config_name);
  plan.config = config_of(plan.config_text, config_name);
  const std::vector<std::string> layers = text_list(image, "Layers", what);
  if (layers.size() != plan.config.diff_ids.size())
    corrupt(what, "it has " + std::to_string(layers.size()) + " layers, and its configuration " +
                      std::to_string(plan.config.diff_ids.size()));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    PlannedLayer layer;
    layer.path = layers[i];
    layer.compression = "any";
    layer.diff_id = plan.config.diff_ids[i];
    plan.layers.push_back(layer);
  }
  return plan;
}

}  // namespace cloche::image
