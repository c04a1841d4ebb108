// The names at the top of a directory or archive that distinguish an image from a root file system.
#pragma once

#include <string_view>

namespace cloche::image {

// Names at the top of an OCI layout or a Docker archive.
bool marks_image(std::string_view name);
// Names at the top of a root file system (FHS 3.0, chapter 3). No image has one of these.
bool marks_rootfs(std::string_view name);

}  // namespace cloche::image
