// Packages of the npm registry. The host's npm fetches them, because it knows its registry.
#pragma once

#include <string>

#include "image/build/build_job.h"
#include "image/build/recipe.h"
#include "image/store/staging.h"
#include "image/unpacker.h"

namespace cloche::image {

struct FetchedNpm {
  std::string directory;  // its content
  std::string license;    // as the package states it; may be empty
};

// Throws Error unsupported unless this host can fetch the recipe's packages.
void check_npm(const Recipe& recipe);

// Fetches a package into the directory `name` of `staging`, verifies it and unpacks it there.
// Throws Error digest_mismatch (its integrity differs from the recipe's), image_corrupt, system,
// no_space.
FetchedNpm fetch_npm(const NpmPackage& package, BuildJob& job, Staging& staging,
                     const UnpackerProcess& unpacker, const std::string& name);

}  // namespace cloche::image
