// What the layers of an image wrote, from the program that parses them to the one that shares files
// (pool.h): records of a path, NUL, a fingerprint, NUL. The fingerprint of a hard link is empty.
// The reader treats it as untrusted.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cloche::unpack {

class FileListWriter {
 public:
  // fd: open for appending, or -1: then nothing is written.
  explicit FileListWriter(int fd) : fd_(fd) {}

  // Beyond 256 MiB nothing is added: it is for saving room, no more.
  void add(std::string_view path, std::string_view fingerprint);
  // To be called last. Throws Error by errno.
  void flush();

 private:
  const int fd_;
  std::string pending_;
  std::size_t written_ = 0;
};

// The records of the file, the last one first: of several for one path it is the one that counts.
// Ends where something is no record. Throws Failure.
void read_file_list(
    int fd, const std::function<void(std::string_view path, std::string_view fingerprint)>& take);

}  // namespace cloche::unpack
