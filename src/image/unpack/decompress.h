// The compressions of image layers, as streams.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace cloche::unpack {

class Decompressor {
 public:
  virtual ~Decompressor() = default;

  struct DecompressStep {
    std::size_t taken;  // bytes of the input that were used
    std::size_t made;   // bytes that were written to the output
  };
  // Works until the input is used up or the output is full. Throws Failure image_corrupt.
  virtual DecompressStep run(const char* input, std::size_t count, char* output,
                             std::size_t room) = 0;
  // Whether the input may end here.
  virtual bool may_end() const = 0;
};

// compression: "gzip" (RFC 1952, any number of members) or "zstd" (RFC 8878, any number of frames).
std::unique_ptr<Decompressor> make_decompressor(const std::string& compression);

}  // namespace cloche::unpack
