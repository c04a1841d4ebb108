// The recipe of an image: rootfs/<image>/recipe.json on top of rootfs/base.json (docs/images.md).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "image/recipe_files.h"

namespace cloche::image {

// Packages that come from another suite than the recipe's, with their dependencies there.
struct OtherSuite {
  std::string suite;
  std::vector<std::string> packages;
};

// A package of the npm registry whose tarball has content for the image.
struct NpmPackage {
  std::string name;
  std::string version;    // exact
  std::string integrity;  // of the tarball: "sha512-<base64>"
  std::string archive;    // a tar within the package that is unpacked instead; may be empty
  std::string to;         // the place of its content in the image
};

struct Recipe {
  std::string name;
  std::string directory;  // the directory of its recipe.json
  std::string description;
  std::string supplied;  // not empty: an operator must supply the image; says from where
  std::string suite;     // of Debian: "trixie"
  std::string variant;   // of mmdebstrap: "essential"
  std::vector<std::string> components;
  std::vector<std::string> packages;
  std::vector<OtherSuite> other_suites;
  std::map<std::string, std::string> apt;  // options of apt while the image is made
  std::vector<NpmPackage> npm;
  std::vector<std::string> exclude;                // path patterns that dpkg leaves out,
  std::vector<std::string> include;                // and those of them that it keeps
  std::vector<std::string> remove;                 // path patterns removed at the end
  std::map<std::string, std::string> copies;       // path in the image to path beside the recipe
  std::map<std::string, std::string> files;        // path to content, written at the end
  std::map<std::string, std::string> links;        // path to where that symbolic link points
  std::map<std::string, std::string> environment;  // of the image's configuration
  std::vector<std::vector<std::string>> prewarm;   // commands run inside at the end, as root
  std::vector<std::vector<std::string>> check;     // commands that must succeed in the image
  std::int64_t source_date_epoch = 0;
  std::string fingerprint;  // of the recipe's files: a changed recipe makes another image
};

// Throws Error image_missing (no such recipe; the hint lists them), bad_data (with file, line and
// column).
Recipe load_recipe(const std::string& name);

// A recipe of two documents, for tests: `base` first, `own` over it. Errors name `*_file`.
Recipe parse_recipe(const std::string& name, const std::string& base, const std::string& base_file,
                    const std::string& own, const std::string& own_file);

}  // namespace cloche::image
