// Makes the Spec of a sandbox that shows an image.
#pragma once

#include <string>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace cloche::runner {

// A Spec with the image's root file system, environment and user. `user` is a name or number, with
// or without ":GROUP"; an empty one means the user that the image names. All other fields have
// their defaults. Throws Error usage for a user that the image does not have.
Spec spec_of(const image::Image& image, const Limits& limits, const std::string& user = {});

}  // namespace cloche::runner
