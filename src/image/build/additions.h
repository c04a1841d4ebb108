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

// Gathers the recipe's npm packages and the files beside the recipe in `staging`. `tell` gets the
// current step. Throws the Errors of fetch_npm(), and no_input for a missing file.
Additions gather_additions(const Recipe& recipe, BuildJob& job, Staging& staging,
                           const UnpackerProcess& unpacker,
                           const std::function<void(const std::string&)>& tell);

// Makes a tar of `members` in `directory`. The result does not depend on the user or the time.
void make_tar(const Recipe& recipe, BuildJob& job, const std::string& directory,
              const std::string& member, const std::string& tar);

}  // namespace cloche::image
