// OCI image layouts (image-spec: image-layout.md, image-index.md, manifest.md).

#include <algorithm>

#include "cloche/error.h"
#include "image/source/source.h"
#include "util/json.h"

namespace cloche::image {

namespace {

constexpr int kDeepestIndex = 4;

bool is_index(const std::string& type) {
  return type == "application/vnd.oci.image.index.v1+json" ||
         type == "application/vnd.docker.distribution.manifest.list.v2+json";
}

bool is_manifest(const std::string& type) {
  return type == "application/vnd.oci.image.manifest.v1+json" ||
         type == "application/vnd.docker.distribution.manifest.v2+json";
}

bool is_config(const std::string& type) {
  return type == "application/vnd.oci.image.config.v1+json" ||
         type == "application/vnd.docker.container.image.v1+json";
}

// The compression of a layer's media type; empty for a type that is not known.
std::string layer_compression(const std::string& type) {
  static const std::pair<const char*, const char*> known[] = {
      {"application/vnd.oci.image.layer.v1.tar", "none"},
      {"application/vnd.oci.image.layer.v1.tar+gzip", "gzip"},
      {"application/vnd.oci.image.layer.v1.tar+zstd", "zstd"},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar", "none"},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "gzip"},
      {"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", "zstd"},
      {"application/vnd.docker.image.rootfs.diff.tar", "none"},
      {"application/vnd.docker.image.rootfs.diff.tar.gzip", "gzip"},
      {"application/vnd.docker.image.rootfs.diff.tar.zstd", "zstd"},
  };
  for (const auto& [name, compression] : known)
    if (type == name) return compression;
  return {};
}

std::string blob_path(const std::string& digest) {
  return "blobs/sha256/" + hex_of(digest);
}

// Refuses a document that could be read as two kinds. Otherwise two programs could see two
// different images in it.
void check_unambiguous(const SortedJson& json, const std::string& media_type,
                       const std::string& what) {
  if (json.contains("manifests") && (json.contains("layers") || json.contains("config")))
    corrupt(what, "it is an index and a manifest at once");
  if (json.contains("fsLayers")) corrupt(what, "it is of the old schema 1, which is not supported");
  const std::string own = optional_text(json, "mediaType", what);
  if (!own.empty() && own != media_type)
    corrupt(what, "it calls itself " + own + " and is announced as " + media_type);
  const SortedJson& version = member(json, "schemaVersion", what);
  if (version != 2) corrupt(what, "its schemaVersion is not 2");
}

// 0 means not at all, and more is better.
int fit(const Descriptor& descriptor) {
  if (!descriptor.has_platform) return 1;
  if (!descriptor.os.empty() && descriptor.os != "linux") return 0;
  return descriptor.architecture == host_architecture() ? variant_fit(descriptor.variant) : 0;
}

std::string tags_of(const std::vector<Descriptor>& list) {
  std::string tags;
  for (const Descriptor& descriptor : list) {
    if (descriptor.reference.empty()) continue;
    tags += (tags.empty() ? "" : ", ") + descriptor.reference;
  }
  return tags.empty() ? "no image with a tag" : tags;
}

std::vector<Descriptor> entries_of(const SortedJson& index, const std::string& what) {
  const SortedJson& manifests = member(index, "manifests", what);
  if (!manifests.is_array()) corrupt(what, "\"manifests\" is no list");
  std::vector<Descriptor> list;
  for (const SortedJson& entry : manifests) list.push_back(descriptor_of(entry, what));
  return list;
}

// The entry of an index for this machine: the first of the best ones, as image-index.md says.
Descriptor for_this_machine(const std::vector<Descriptor>& list, const std::string& what) {
  std::string architectures;
  const Descriptor* best = nullptr;
  for (const Descriptor& descriptor : list) {
    if (fit(descriptor) > (best == nullptr ? 0 : fit(*best))) best = &descriptor;
    if (descriptor.architecture == "unknown") continue;  // build attestations
    architectures += (architectures.empty() ? "" : ", ") + descriptor.architecture +
                     (descriptor.variant.empty() ? "" : "/" + descriptor.variant);
  }
  if (best != nullptr) return *best;
  if (list.empty()) corrupt(what, "it lists no image");
  throw Error(ErrorKind::unsupported, "use " + what, 0,
              "the image is for " + architectures + ", and this machine is " + host_architecture());
}

Descriptor choose(const std::vector<Descriptor>& list, const std::string& reference,
                  const Source& source) {
  const std::string what = "index.json of " + source.shown;
  std::vector<Descriptor> found;
  for (const Descriptor& descriptor : list)
    if (reference.empty() || is_referred(descriptor.reference, reference))
      found.push_back(descriptor);
  if (found.empty() && !reference.empty())
    throw Error(ErrorKind::usage, "find the image '" + reference + "' in " + source.shown, 0,
                list.empty() ? "it lists no image" : "it has: " + tags_of(list));
  // Several entries for different platforms, or several names of one image, leave the caller
  // nothing to choose.
  const auto differs = [&found](const Descriptor& other) {
    return other.digest != found.front().digest;
  };
  const bool by_platform = std::all_of(found.begin(), found.end(),
                                       [](const Descriptor& one) { return one.has_platform; });
  const bool same_tag = std::all_of(found.begin(), found.end(), [&found](const Descriptor& one) {
    return one.reference == found.front().reference;
  });
  if (std::any_of(found.begin(), found.end(), differs) && !(by_platform && same_tag))
    throw Error(ErrorKind::usage, "choose an image of " + source.shown, 0,
                "name one of its tags with --reference: " + tags_of(found));
  return for_this_machine(found, what);
}

SortedJson read_document(const Importer& importer, const Source& source, Descriptor& descriptor,
                         const std::string& what, std::string& text) {
  text = read_blob(importer, source, blob_path(descriptor.digest), descriptor.digest,
                   descriptor.size, what);
  SortedJson json = parse_document(text, what);
  check_unambiguous(json, descriptor.media_type, what);
  return json;
}

void plan_layers(ImportPlan& plan, const SortedJson& manifest, const std::string& what) {
  const SortedJson& layers = member(manifest, "layers", what);
  if (!layers.is_array()) corrupt(what, "\"layers\" is no list");
  if (layers.size() != plan.config.diff_ids.size())
    corrupt(what, "it has " + std::to_string(layers.size()) + " layers, and its configuration " +
                      std::to_string(plan.config.diff_ids.size()));
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Descriptor descriptor = descriptor_of(layers[i], what);
    PlannedLayer layer;
    layer.compression = layer_compression(descriptor.media_type);
    if (layer.compression.empty())
      corrupt(what, "a layer is of the unknown media type " + descriptor.media_type);
    layer.path = blob_path(descriptor.digest);
    layer.media_type = descriptor.media_type;
    layer.digest = descriptor.digest;
    layer.size = descriptor.size;
    layer.diff_id = plan.config.diff_ids[i];
    plan.layers.push_back(layer);
  }
}

}  // namespace

bool is_referred(const std::string& tag, const std::string& reference) {
  if (tag == reference) return true;
  // The reference "3.12" matches "example/python:3.12", and so does "python:3.12".
  if (tag.size() <= reference.size()) return false;
  const char before = tag[tag.size() - reference.size() - 1];
  return (before == ':' || before == '/') &&
         tag.compare(tag.size() - reference.size(), reference.size(), reference) == 0;
}

ImportPlan plan_layout(const Importer& importer, const Source& source,
                       const std::string& reference) {
  const std::string mark_name = "oci-layout of " + source.shown;
  const SortedJson mark = parse_document(read_text(source, "oci-layout", mark_name), mark_name);
  const std::string version = text_member(mark, "imageLayoutVersion", mark_name);
  if (version.compare(0, 2, "1.") != 0)
    corrupt(mark_name, "its version is " + version + ", and only 1.x is known");

  std::string what = "index.json of " + source.shown;
  const SortedJson top = parse_document(read_text(source, "index.json", what), what);
  check_unambiguous(top, "application/vnd.oci.image.index.v1+json", what);
  Descriptor chosen = choose(entries_of(top, what), reference, source);
  std::string text;
  SortedJson document;
  for (int depth = 0;; ++depth) {
    if (!is_index(chosen.media_type) && !is_manifest(chosen.media_type))
      corrupt(what, "it names a document of the unknown media type " + chosen.media_type);
    what = (is_index(chosen.media_type) ? "the index " : "the manifest ") + chosen.digest + " of " +
           source.shown;
    document = read_document(importer, source, chosen, what, text);
    if (is_manifest(chosen.media_type)) break;
    if (depth == kDeepestIndex) corrupt(what, "indexes lie in indexes too deeply");
    chosen = for_this_machine(entries_of(document, what), what);
  }

  ImportPlan plan;
  plan.manifest = text;
  plan.manifest_digest = chosen.digest;
  Descriptor config = descriptor_of(member(document, "config", what), what);
  if (!is_config(config.media_type))
    corrupt(what, "its configuration is of the unknown media type " + config.media_type);
  const std::string config_name = "the configuration " + config.digest + " of " + source.shown;
  plan.config_text = read_blob(importer, source, blob_path(config.digest), config.digest,
                               config.size, config_name);
  plan.config_digest = config.digest;
  plan.config = config_of(plan.config_text, config_name);
  plan_layers(plan, document, what);
  return plan;
}

}  // namespace cloche::image
