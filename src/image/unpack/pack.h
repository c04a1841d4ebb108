#pragma once

#include "image/unpack/blob.h"

namespace cloche::unpack {

// Compresses the tar at `source` with zstd to `target`. Reports digest, size and diff_id.
void pack(int source, int target, const Expected& expected);

}  // namespace cloche::unpack
