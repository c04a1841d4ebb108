// The record that a store keeps of one image: <store>/images/<name>.json.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <string>
#include <vector>

#include "cloche/image.h"

namespace cloche::image {

struct ImageRecord {
  Image image;                     // rootfs and lease are not in the record
  std::string rootfs;              // the directory below <store>/rootfs: <digest>[-<random>]
  std::vector<std::string> blobs;  // hex digits of its blobs
};

// False if there is no record of that name. Throws Error image_corrupt.
bool read_record(const std::string& store, const std::string& name, ImageRecord& record);
// Distinguishes a record of a name from the next one; zero if there is no record.
struct RecordVersion {
  ino_t inode = 0;
  timespec changed{};

  bool operator==(const RecordVersion& other) const {
    return inode == other.inode && changed.tv_sec == other.changed.tv_sec &&
           changed.tv_nsec == other.changed.tv_nsec;
  }
};
RecordVersion record_version(const std::string& store, const std::string& name);

// Throws Error taken if there is a record of that name.
void check_free(const std::string& store, const std::string& name);
// Written whole or not at all, also when the machine stops.
void write_record(const std::string& store, const ImageRecord& record);
// Under the store's lock. Throws Error by errno.
void remove_record(const std::string& store, const std::string& name);
// The names that a store has records of, sorted.
std::vector<std::string> recorded_names(const std::string& store);

}  // namespace cloche::image
