// The files that images of a store share: <store>/pool holds a second name of each
// (docs/images.md).
#pragma once

#include <string>

#include "util/fd.h"

namespace cloche::image {

// The pool of a store that exists. Throws Error by errno.
UniqueFd open_pool(const std::string& store);

// Removes the files that no image has any more, and returns their bytes. Safe while other processes
// use the pool.
std::uint64_t sweep_pool(const std::string& store);

}  // namespace cloche::image
