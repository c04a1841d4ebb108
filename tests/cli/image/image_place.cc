#include "image_place.h"

#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "catch.h"

namespace fs = std::filesystem;

std::string read_bytes(const fs::path& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

ImagePlace::ImagePlace() : path_(::getenv("PATH")) {
  char path[] = "/tmp/cloche-cli-image-XXXXXX";
  REQUIRE(::mkdtemp(path) != nullptr);
  top_ = path;
  fs::create_directories(top_ / "root/usr/bin");
  write_bytes(top_ / "root/usr/bin/tool", std::string(100'000, 't'));
  REQUIRE(image({"import", at("root"), "--name", "image"}).status == 0);
  REQUIRE(image({"export", "image", at("layout"), "--reference", "tag"}).status == 0);
  REQUIRE(image({"export", "image", at("x.tar"), "--reference", "tag"}).status == 0);
  // The layout must differ: an image that the store already has is not unpacked again.
  write_bytes(top_ / "root/usr/bin/tool", std::string(100'000, 'o'));
  REQUIRE(image({"import", at("root"), "--name", "image", "--replace"}).status == 0);
  for (const auto& blob : fs::directory_iterator(top_ / "layout/blobs/sha256")) {
    const bool is_layer = blob.file_size() > 50'000;
    const bool is_manifest = read_bytes(blob.path()).find("\"layers\":[{") != std::string::npos;
    (is_layer ? layer : is_manifest ? manifest : config) = blob.path();
  }
}

ImagePlace::~ImagePlace() {
  ::setenv("PATH", path_.c_str(), 1);
  fs::remove_all(top_);
}

Ended ImagePlace::image(std::vector<std::string> arguments, const std::string& input) const {
  arguments.insert(arguments.begin(), "image");
  return run_cloche(arguments, input, {"env", "CLOCHE_STORE=" + at("store")});
}

cloche::image::test::Snapshot ImagePlace::store() const {
  return cloche::image::test::contents(at("store"));
}
