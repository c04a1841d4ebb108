#include "util/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "cloche/error.h"

namespace cloche {

std::string read_all(int fd, const std::string& what) {
  std::string content;
  struct stat status {};
  if (::fstat(fd, &status) == 0 && status.st_size > 0)
    content.reserve(static_cast<std::size_t>(status.st_size) + 1);
  char buffer[65536];
  for (;;) {
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count == 0) return content;
    if (count < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno("read " + what, errno);
    }
    content.append(buffer, static_cast<std::size_t>(count));
  }
}

std::string read_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT || errno == ENOTDIR)
      throw Error(ErrorKind::no_input, "open " + path, errno);
    throw Error::from_errno("open " + path, errno);
  }
  return read_all(fd.get(), path);
}

std::string small_file(const std::string& path) {
  try {
    return read_file(path);
  } catch (const Error&) {
    return {};
  }
}

void write_all(int fd, std::string_view bytes, const std::string& what) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw Error::from_errno("write " + what, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void replace_file(const std::string& path, std::string_view content) {
  const std::filesystem::path target(path);
  std::error_code failed;
  std::filesystem::create_directories(target.parent_path(), failed);
  if (failed) throw Error::from_errno("create " + target.parent_path().string(), failed.value());
  std::string temporary = path + ".XXXXXX";
  UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) throw Error::from_errno("create " + temporary, errno);
  try {
    write_all(fd.get(), content, temporary);
    if (::fchmod(fd.get(), 0644) < 0) throw Error::from_errno("chmod " + temporary, errno);
    if (::rename(temporary.c_str(), path.c_str()) < 0)
      throw Error::from_errno("rename " + temporary + " to " + path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) throw Error::from_errno("make a pipe", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

UniqueFd memory_file(std::string_view content) {
  UniqueFd file(::memfd_create("cloche", MFD_CLOEXEC));
  if (!file) throw Error::from_errno("make a memory file", errno);
  write_all(file.get(), content, "a memory file");
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace cloche
