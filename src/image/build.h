// Making the images of rootfs/.
#pragma once

#include <string>

#include "cloche/image.h"

namespace cloche::image {

// Makes the image that rootfs/<name>/recipe.json describes from Debian packages, and imports it
// into `store` as `name`. An image of that name is made anew only if `force`; without, it is
// returned as it is, also when another process builds it right now and this one had to wait for
// that. `progress` gets permille. Takes 20 s to a minute, network and the program mmdebstrap.
// Throws Error: image_missing (no such recipe), bad_data (in the recipe), unsupported (what this
// host lacks), no_space, system (mmdebstrap failed; the message ends with what it said last), and
// those of Store::import.
Image build(Store& store, const std::string& name, const Progress& progress = {},
            bool force = false);

}  // namespace cloche::image
