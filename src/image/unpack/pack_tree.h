#pragma once

#include "image/unpack/extract.h"

namespace cloche::unpack {

// Writes what is below the directory `source` as a layer, a plain tar, to `target`. The same tree
// gives the same bytes, whoever reads it: entries are sorted, and belong to nobody in particular
// (0:0). Reads no link's target, opens nothing but regular files and directories, and stays in the
// file system that it begins in. Sockets are left out. Throws Failure image_corrupt where a name
// cannot be in a layer, or a file changes meanwhile.
void pack_tree(int source, int target, const ExtractCaps& caps);

}  // namespace cloche::unpack
