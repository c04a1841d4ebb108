// The software bill of materials of an image: SPDX 2.3, as JSON.
#pragma once

#include <string>
#include <vector>

#include "image/build/package_list.h"
#include "image/build/recipe.h"

namespace cloche::image {

// The path of the bill in an image.
inline constexpr const char* kSbomPath = "usr/share/cloche/sbom.spdx.json";
// The annotations of the manifest that name that file and its digest.
inline constexpr const char* kSbomAnnotation = "org.cloche.sbom.path";
inline constexpr const char* kSbomDigestAnnotation = "org.cloche.sbom.digest";

// content: the digest of the uncompressed layer that the document describes. npm_licenses: of the
// recipe's npm packages, in their order; may be empty texts.
std::string make_sbom(const Recipe& recipe, const std::string& content,
                      const std::vector<InstalledPackage>& packages,
                      const std::vector<std::string>& npm_licenses);

// The bill in the root file system at `rootfs`, of the image `name`. Throws Error no_input if it
// has none, image_corrupt if the entry at that path is no such file.
std::string read_sbom(const std::string& rootfs, const std::string& name);

}  // namespace cloche::image
