#include "image/unpack/file_list.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>

#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

constexpr std::size_t kMost = std::size_t{256} << 20;
constexpr std::size_t kListBuffer = 64 * 1024;

// Cuts off the last text, which ends with a NUL. False if there is none.
bool cut_last(std::string_view& rest, std::string_view& text) {
  if (rest.empty() || rest.back() != '\0') return false;
  rest.remove_suffix(1);
  const void* before = rest.empty() ? nullptr : ::memrchr(rest.data(), '\0', rest.size());
  const std::size_t start =
      before == nullptr
          ? 0
          : static_cast<std::size_t>(static_cast<const char*>(before) - rest.data()) + 1;
  text = rest.substr(start);
  rest.remove_suffix(text.size());
  return true;
}

}  // namespace

void FileListWriter::add(std::string_view path, std::string_view fingerprint) {
  const std::size_t size = path.size() + fingerprint.size() + 2;
  if (fd_ < 0 || written_ + size > kMost) return;
  written_ += size;
  pending_.append(path).append(1, '\0').append(fingerprint).append(1, '\0');
  if (pending_.size() >= kListBuffer) flush();
}

void FileListWriter::flush() {
  if (!pending_.empty()) write_all(fd_, pending_, "the list of files");
  pending_.clear();
}

void read_file_list(int fd, const std::function<void(std::string_view, std::string_view)>& take) {
  struct stat status {};
  if (::fstat(fd, &status) < 0) throw Failure::from_errno("stat the list of files", errno);
  const auto size = static_cast<std::size_t>(status.st_size);
  // Each of many layers may have written as much.
  if (size == 0 || size > 4 * kMost) return;
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (mapped == MAP_FAILED) throw Failure::from_errno("read the list of files", errno);
  const auto unmap = [size](void* start) { ::munmap(start, size); };
  const std::unique_ptr<void, decltype(unmap)> held(mapped, unmap);
  std::string_view rest(static_cast<const char*>(mapped), size);
  std::string_view path, fingerprint;
  while (cut_last(rest, fingerprint) && cut_last(rest, path)) take(path, fingerprint);
}

}  // namespace cloche::unpack
