// Making the images of rootfs/.
#pragma once

#include <string>

#include "cloche/image.h"
#include "image/build/recipe.h"

namespace cloche::image {

// Whether `store` has the recipe's image, made from the recipe as it is now. An image of that name
// that cloche did not build counts as such.
bool is_current(const Store& store, const Recipe& recipe);

// Throws Error unsupported unless this host has what the recipe needs: mmdebstrap, for some npm; or
// if nothing can make the image and an operator has to supply it.
void check_buildable(const Recipe& recipe);

struct BuildOptions {
  // An image of that name is made anew. Without, one that is_current() is returned as it is.
  bool force = false;
  // Gets permille.
  Progress progress;
  // A descriptor that becomes readable when the build is to stop, or -1.
  int cancel_fd = -1;
};

// Makes the image that rootfs/<name>/recipe.json describes, and imports it into `store` as `name`.
// Where another process builds it right now, this one waits for that and takes what it made. Takes
// 20 s to some minutes, network and the programs mmdebstrap and, for some images, npm. May be
// called from several threads at once.
// Throws Error: image_missing (no such recipe), bad_data (in the recipe), unsupported (what this
// host lacks, or an image that only an operator can supply), digest_mismatch (an npm package is not
// the one it was), no_space, system (a program failed; the message ends with what it said last),
// Cancelled (build_job.h), and those of Store::import.
Image build(Store& store, const std::string& name, const BuildOptions& options = {});

}  // namespace cloche::image
