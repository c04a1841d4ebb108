#pragma once

#include <string>

namespace cloche::image {

// Adds the missing places that a sandbox mounts on: /proc /sys /dev /tmp /run /workspace /cloche,
// and /home/codewarrior as a link to /workspace. Throws Error image_corrupt if one of them exists
// and is no directory.
void add_mount_points(int rootfs, const std::string& what);

}  // namespace cloche::image
