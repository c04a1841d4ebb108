#include "image/marks.h"

#include <algorithm>
#include <array>

namespace cloche::image {

bool marks_image(std::string_view name) {
  static constexpr std::array<std::string_view, 5> names = {"oci-layout", "index.json", "blobs",
                                                            "manifest.json", "repositories"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool marks_rootfs(std::string_view name) {
  static constexpr std::array<std::string_view, 20> names = {
      "bin", "boot", "dev",  "etc", "home", "lib", "lib32", "lib64", "media", "mnt",
      "opt", "proc", "root", "run", "sbin", "srv", "sys",   "tmp",   "usr",   "var"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace cloche::image
