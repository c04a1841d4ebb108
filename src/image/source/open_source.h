#pragma once

#include <string>

#include "cloche/image.h"
#include "image/source/source.h"

namespace cloche::image {

// Opens the source of an import and detects its kind. An archive that holds an image is unpacked,
// and a directory that is a root file system is packed, both into the open directory `scratch`. "-"
// is standard input. Throws Error no_input, image_corrupt (neither an image nor a root file
// system), usage (it could be both), too_large.
Source open_source(const std::string& path, const ImportOptions& options, int scratch,
                   const UnpackerProcess& unpacker);

}  // namespace cloche::image
