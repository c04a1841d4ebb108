// Writes a tar of a few files whose names and sizes are known: an OCI layout. (Only cloche-unpack
// reads tars.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cloche::image {

// Headers of POSIX.1-1988 (ustar), with sizes of 8 GiB and more in the form of GNU tar. Files are
// 0644 and directories 0755, owned by 0:0, with times of 1970: the same content gives the same tar.
class TarStream {
 public:
  // Errors name `shown`.
  TarStream(int fd, std::string shown) : fd_(fd), shown_(std::move(shown)) {}

  void directory(const std::string& name);
  void file(const std::string& name, std::string_view content);
  // A file. Between these two calls the caller writes its `size` bytes to the descriptor.
  void begin_file(const std::string& name, std::uint64_t size);
  void end_file(std::uint64_t size);
  // The end mark.
  void end();

 private:
  void header(const std::string& name, char type, std::uint64_t size);
  const int fd_;
  const std::string shown_;
};

}  // namespace cloche::image
