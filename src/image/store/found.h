#pragma once

#include <string>
#include <vector>

#include "image/store/record.h"

namespace cloche::image {

// An image of one of several stores.
struct FoundImage {
  std::string store;
  ImageRecord record;

  std::string entry() const { return store + "/rootfs/" + record.rootfs; }
  std::string blob(const std::string& hex) const { return store + "/blobs/sha256/" + hex; }
};

// Looks through the stores in their order. The files are locked against removal while the record's
// image exists. Throws Error image_missing (the hint says how to make the image), image_corrupt,
// usage.
FoundImage find_image(const std::vector<std::string>& stores, const std::string& name);

// Whether a program runs on the image, that is, holds its lock.
bool is_in_use(const std::string& store, const ImageRecord& record);

}  // namespace cloche::image
