// Layouts with exactly one defect.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "judge.h"

namespace cloche::image::test {

inline constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* kIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* kConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* kLayer = "application/vnd.oci.image.layer.v1.tar";

// A good layout. Each shape breaks one part of it.
struct Good {
  explicit Good(const std::string& path) : layout(path) {
    layout.layer(tar({file("f", "x")}), "none");
    manifest = layout.manifest();
    layout.list(manifest, "tag");
  }
  std::string blob_path(const Json& descriptor) const {
    return layout.path() + "/blobs/sha256/" + hex(descriptor["digest"]);
  }
  std::string path(const std::string& name) const { return layout.path() + "/" + name; }
  Json document(const Json& descriptor) const { return Json::parse(read(blob_path(descriptor))); }
  // Writes another manifest in the place of the first.
  void replace(const std::string& text, const std::string& type = kManifest) {
    layout.manifests = Json::array();
    layout.list(layout.blob(text, type), "tag");
  }
  void replace_config(const std::string& text) {
    Json changed = document(manifest);
    changed["config"] = layout.blob(text, kConfig);
    replace(changed.dump());
  }
  void index(const std::string& text) { write(path("index.json"), text); }

  Layout layout;
  Json manifest;
};

struct LayoutShape {
  std::string name;
  std::function<void(Good&, const Aim&)> spoil;
  std::optional<ErrorKind> refused;
  // Whether a tar of the layout must be refused, too. False for shapes that a tar of files cannot
  // express.
  bool as_tar = true;
};

// Imports the layout that the shape made at `source`, judges the result, and removes it.
void judge(Scene& scene, const LayoutShape& shape, const std::string& source);
// Makes the layout of each shape, and judges it.
void judge_all(const std::vector<LayoutShape>& shapes);

}  // namespace cloche::image::test
