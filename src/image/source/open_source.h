#pragma once

#include <string>

#include "cloche/image.h"
#include "image/source/source.h"

namespace cloche::image {

// Opens the source of an import and detects its kind. Unpacks an archive that holds an image, and
// packs a directory that is a root file system, both into the open directory `scratch`. "-" is
// standard input. Throws Error no_input,
// image_corrupt (it is neither an image nor a root file system), usage (it could be both),
// too_large.
Source open_source(const std::string& path, const ImportOptions& options, int scratch,
                   const Unpacker& unpacker);

}  // namespace cloche::image
