// A store for one test, and images to import into it.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/program.h"
#include "image/snapshot.h"

std::string read_bytes(const std::filesystem::path& path);
void write_bytes(const std::filesystem::path& path, const std::string& bytes);

// A directory with a store, a root file system, and an OCI layout of it.
class ImagePlace {
 public:
  ImagePlace();
  ~ImagePlace();
  ImagePlace(const ImagePlace&) = delete;
  ImagePlace& operator=(const ImagePlace&) = delete;

  std::string at(const std::string& name) const { return (top_ / name).string(); }
  // `cloche image` with these arguments, on the store.
  Ended image(std::vector<std::string> arguments, const std::string& input = {}) const;
  cloche::image::test::Snapshot store() const;

  std::filesystem::path layer, manifest, config;

 private:
  std::filesystem::path top_;
  std::string path_;
};
