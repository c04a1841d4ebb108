#pragma once

#include "image/unpack/extract.h"

namespace cloche::unpack {

// Writes everything below the directory `source` as a layer, a plain tar, to `target`. The same
// tree gives the same bytes for every user: entries are sorted and owned by 0:0. Follows no link,
// opens only regular files and directories, and stays in one file system. Sockets are left out.
// Throws Failure image_corrupt if a name cannot be in a layer, or if a file changes meanwhile.
void pack_tree(int source, int target, const ExtractCaps& caps);

}  // namespace cloche::unpack
