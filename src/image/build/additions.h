// The content of an image besides Debian packages: npm packages and files of the recipe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "image/build/build_job.h"
#include "image/build/mmdebstrap_arguments.h"
#include "image/build/recipe.h"
#include "image/store/staging.h"
#include "image/unpacker.h"

namespace cloche::image {

struct Additions {
  std::vector<Addition> tars;
  std::vector<std::string> npm_licenses;  // of the recipe's npm packages, in their order
};

// Gathers the recipe's npm packages and the files beside it in `staging`. `tell` gets what is being
// done. Throws what fetch_npm() does, and Error no_input for a file that is not there.
Additions gather_additions(const Recipe& recipe, BuildJob& job, Staging& staging,
                           const Unpacker& unpacker,
                           const std::function<void(const std::string&)>& tell);

// Makes a tar of what `members` names in `directory`. It does not depend on who makes it and when.
void make_tar(const Recipe& recipe, BuildJob& job, const std::string& directory,
              const std::string& member, const std::string& tar);

}  // namespace cloche::image
