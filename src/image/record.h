// What a store notes about one image: <store>/images/<name>.json.
#pragma once

#include <string>
#include <vector>

#include "cloche/image.h"

namespace cloche::image {

struct Record {
  Image image;                     // rootfs and lease are not in the record
  std::string rootfs;              // the directory below <store>/rootfs
  std::vector<std::string> blobs;  // hex digits of the blobs it is made of
};

// False if there is no record of that name. Throws Error image_corrupt.
bool read_record(const std::string& store, const std::string& name, Record& record);
// Written whole or not at all, also when the machine stops.
void write_record(const std::string& store, const Record& record);
// The names that a store has records of, sorted.
std::vector<std::string> recorded_names(const std::string& store);

}  // namespace cloche::image
