// From an image to the sandbox that shows it.
#pragma once

#include <string>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace cloche::runner {

// A Spec with the image's root file system, environment and user. `user` is a name or number, with
// or without ":GROUP", and empty for the user that the image names. Everything else has its
// default. Throws Error usage for a user that the image does not have.
Spec spec_of(const image::Image& image, const Limits& limits, const std::string& user = {});

}  // namespace cloche::runner
