#pragma once

#include <string>

namespace cloche::image {

// Removes from a store the root file systems that no record names and that are not in use, and the
// blobs that no record names. Does nothing if a record cannot be read: it might name them.
void collect(const std::string& store);
// Does the same after an operation that has succeeded, and ignores errors: a later call can remove
// the rest.
void collect_quietly(const std::string& store);

}  // namespace cloche::image
