// Writes the hostile images of the tests as seeds for the fuzz targets: seeds DIRECTORY.
#include <filesystem>
#include <fstream>

#include "../../image/hostile/hostile.h"

using namespace cloche::image::test;

namespace {

constexpr std::size_t kMostBytes = 64 * 1024;

class Corpus {
 public:
  explicit Corpus(const std::string& path) : path_(path) {
    std::filesystem::create_directories(path);
  }
  void add(const std::string& bytes) {
    // A larger seed slows the target down and reaches no more code.
    if (bytes.size() > kMostBytes) return;
    std::ofstream(path_ + "/" + std::to_string(count_++), std::ios::binary) << bytes;
  }

 private:
  const std::string path_;
  int count_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 64;
  const std::string directory = arguments[1];
  Corpus layers(directory + "/layer"), streams(directory + "/decompress");
  // The path of the target's canary, seen from the root that it unpacks into.
  const Aim aim{"/../aim"};
  for (const LayerShape& shape : layer_shapes(aim)) {
    // The form in which the target reads its input: the number of blocks of the first layer, then
    // both layers.
    const std::string& first = shape.layers.front();
    const std::size_t blocks = shape.layers.size() == 1 ? 0 : first.size() / 512;
    std::string bytes = {static_cast<char>(blocks >> 8), static_cast<char>(blocks)};
    for (const std::string& layer : shape.layers) bytes += layer;
    layers.add(bytes);
    if (shape.announced != "none") streams.add(first);
  }
  return 0;
}
