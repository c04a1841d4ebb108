#pragma once

#include <string>

#include "cloche/image.h"
#include "image/source/source.h"

namespace cloche::image {

// Opens what is to be imported, and finds out what it is: unpacks the archive that holds an image,
// packs the directory that is a root file system. "-" is standard input. Throws Error no_input,
// image_corrupt (it is neither an image nor a root file system), usage (it could be both),
// too_large.
Source open_source(const std::string& path, const ImportOptions& options, Staging& staging,
                   const Unpacker& unpacker);

}  // namespace cloche::image
