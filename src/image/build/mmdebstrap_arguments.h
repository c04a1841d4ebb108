#pragma once

#include <string>
#include <vector>

#include "image/build/recipe.h"

namespace cloche::image {

// A tar that is unpacked in the image before anything runs there.
struct Addition {
  std::string tar;
  std::string to;  // the directory that its content goes into
};

// The files of a run of mmdebstrap besides the recipe and the root file system.
struct BuildExchange {
  std::vector<Addition> additions;
  std::string package_list;  // the file that gets the list of what is installed (sbom.h)
};

// The arguments mmdebstrap makes the root file system `tar` with.
std::vector<std::string> mmdebstrap_arguments(const Recipe& recipe, const BuildExchange& exchange,
                                              const std::string& tar, bool as_root);

}  // namespace cloche::image
