#pragma once

#include <string>

namespace cloche::image {

// Removes from a store the root file systems that no record names and nobody uses, and the blobs
// that no record names. Does nothing where a record cannot be read: it might name them.
void collect(const std::string& store);
// The same after something that has succeeded: what cannot be removed is left to others.
void collect_quietly(const std::string& store);

}  // namespace cloche::image
