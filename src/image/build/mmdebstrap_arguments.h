#pragma once

#include <string>
#include <vector>

#include "image/build/recipe.h"

namespace cloche::image {

// A tar that is unpacked in the image before any command runs there.
struct Addition {
  std::string tar;
  std::string to;  // the directory that receives its content
};

// The files that a run of mmdebstrap reads and writes, besides the recipe and the root file system.
struct BuildExchange {
  std::vector<Addition> additions;
  std::string package_list;  // the file that receives the list of installed packages (sbom.h)
};

// The arguments with which mmdebstrap makes the root file system `tar`.
std::vector<std::string> mmdebstrap_arguments(const Recipe& recipe, const BuildExchange& exchange,
                                              const std::string& tar, bool as_root);

}  // namespace cloche::image
