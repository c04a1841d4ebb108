// Builds the images of rootfs/.
#pragma once

#include <string>

#include "cloche/image.h"
#include "image/build/recipe.h"

namespace cloche::image {

// Whether `store` has the recipe's image, made from the present recipe. An image of that name that
// cloche did not build also counts.
bool is_current(const Store& store, const Recipe& recipe);

// Throws Error unsupported if this host lacks a program that the recipe needs (mmdebstrap, for some
// npm), or if only an operator can supply the image.
void check_buildable(const Recipe& recipe);

struct BuildOptions {
  // Builds the image anew. If false, an image that is_current() is returned as it is.
  bool force = false;
  // Gets permille.
  Progress progress;
  // A descriptor that becomes readable when the build must stop, or -1.
  int cancel_fd = -1;
};

// Makes the image that rootfs/<name>/recipe.json describes, and imports it into `store` as `name`.
// If another process is building the same image, this call waits for it and returns its image.
// Takes 20 s to some minutes. Needs the network, mmdebstrap and, for some images, npm. May be
// called from several threads at once.
// Throws Error: image_missing (no such recipe), bad_data (in the recipe), unsupported (this host
// lacks a program, or only an operator can supply the image), digest_mismatch (an npm package has
// changed), no_space, system (a program failed; the message ends with its last words), Cancelled
// (build_job.h), and those of Store::import.
Image build(Store& store, const std::string& name, const BuildOptions& options = {});

}  // namespace cloche::image
