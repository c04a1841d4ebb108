// The list of files that an image's layers wrote. The program that parses layers writes it, and the
// program that shares files reads it (pool.h). A record is a path, NUL, a fingerprint, NUL. A hard
// link has an empty fingerprint. The reader treats the list as untrusted.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace cloche::unpack {

class FileListWriter {
 public:
  // fd: open for appending, or -1 to write nothing.
  explicit FileListWriter(int fd) : fd_(fd) {}

  // Beyond 256 MiB nothing is added: the list only saves disk space.
  void add(std::string_view path, std::string_view fingerprint);
  // Call this last. Throws Error by errno.
  void flush();

 private:
  const int fd_;
  std::string pending_;
  std::size_t written_ = 0;
};

// Passes on the records of the file, the last one first: if a path has several records, the last
// one counts. Ends at an invalid record. Throws Failure.
void read_file_list(
    int fd, const std::function<void(std::string_view path, std::string_view fingerprint)>& take);

}  // namespace cloche::unpack
