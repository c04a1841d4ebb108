// Reads the JSON documents of OCI and Docker, and checks every assumption about them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloche/image.h"
#include "util/json_fwd.h"

namespace cloche::image {

// The largest document that is read.
inline constexpr std::uint64_t kMaxDocument = 8U << 20;

// The most layers of one image. A document has room for thousands that all use one small blob whose
// content is large. (Docker makes 127 at most.)
inline constexpr std::size_t kMaxLayers = 1000;

// All of these throw Error image_corrupt; `what` names the document.
SortedJson parse_document(const std::string& text, const std::string& what);
const SortedJson& member(const SortedJson& object, const char* key, const std::string& what);
std::string text_member(const SortedJson& object, const char* key, const std::string& what);
// Empty if the member is missing or null.
std::string optional_text(const SortedJson& object, const char* key, const std::string& what);
std::vector<std::string> text_list(const SortedJson& object, const char* key,
                                   const std::string& what);

[[noreturn]] void corrupt(const std::string& what, const std::string& problem,
                          const std::string& hint = {});

// "sha256:" and 64 hex digits: the only form that is accepted.
void check_digest(const std::string& digest, const std::string& what);
inline std::string hex_of(const std::string& digest) {
  return digest.substr(7);
}

// One entry of an index or manifest.
struct Descriptor {
  std::string media_type;
  std::string digest;
  std::int64_t size = 0;
  std::string reference;  // its tag, from its annotations
  bool has_platform = false;
  std::string os;
  std::string architecture;
  std::string variant;
};
Descriptor descriptor_of(const SortedJson& json, const std::string& what);

// The architecture of this machine as OCI names it: "amd64", "arm64".
std::string host_architecture();
// How well this machine runs a variant of its architecture ("v3"; empty: the common one): 0 means
// not at all, and more is better.
int variant_fit(const std::string& variant);

// The part of an image configuration that cloche uses.
struct ConfigDocument {
  Config config;
  std::string architecture;
  std::vector<std::string> diff_ids;
};
ConfigDocument config_of(const std::string& text, const std::string& what);

// One layer to unpack, in a source.
struct PlannedLayer {
  std::string path;         // within the source; empty: the source's tar is the layer
  std::string media_type;   // empty: not said, as in a Docker archive
  std::string compression;  // none, gzip, zstd, any
  std::string digest;       // may be empty: a Docker archive does not say
  std::int64_t size = -1;
  std::string diff_id;
};

// One image of a source.
struct ImportPlan {
  std::string manifest;         // its text; empty: made at import from the unpacked layers
  std::string manifest_digest;  // empty likewise
  std::string config_text;
  std::string config_digest;
  ConfigDocument config;
  std::vector<PlannedLayer> layers;
};

}  // namespace cloche::image
