// Packages of the npm registry, fetched by the host's npm, which knows its registry.
#pragma once

#include <string>

#include "image/build/build_job.h"
#include "image/build/recipe.h"
#include "image/store/staging.h"
#include "image/unpacker.h"

namespace cloche::image {

struct FetchedNpm {
  std::string directory;  // its content
  std::string license;    // as it says itself; may be empty
};

// Whether this host can fetch what the recipe wants. Throws Error unsupported.
void check_npm(const Recipe& recipe);

// Fetches a package into the directory `name` of `staging`, and verifies and unpacks it there.
// Throws Error digest_mismatch (its integrity is not the recipe's), image_corrupt, system,
// no_space.
FetchedNpm fetch_npm(const NpmPackage& package, BuildJob& job, Staging& staging,
                     const Unpacker& unpacker, const std::string& name);

}  // namespace cloche::image
