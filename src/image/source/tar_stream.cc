#include "image/source/tar_stream.h"

#include <array>
#include <cstdio>
#include <cstring>

#include "cloche/error.h"
#include "util/file.h"

namespace cloche::image {

namespace {

constexpr std::size_t kBlock = 512;

// POSIX, "ustar Interchange Format".
struct TarHeader {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char chksum[8];
  char typeflag;
  char linkname[100];
  char magic[6];
  char version[2];
  char uname[32];
  char gname[32];
  char devmajor[8];
  char devminor[8];
  char prefix[155];
  char unused[12];
};
static_assert(sizeof(TarHeader) == kBlock);

template <std::size_t N>
void put(char (&field)[N], const char* format, std::uint64_t value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), format, static_cast<unsigned long long>(value));
  std::memcpy(field, text.data(), N);
}

void put_size(TarHeader& header, std::uint64_t size) {
  if (size < std::uint64_t{1} << 33) return put(header.size, "%011llo", size);
  header.size[0] = static_cast<char>(0x80);
  for (std::size_t at = sizeof header.size - 1; at > 0 && size > 0; --at, size >>= 8)
    header.size[at] = static_cast<char>(size & 0xff);
}

}  // namespace

void TarStream::header(const std::string& name, char type, std::uint64_t size) {
  TarHeader header{};
  if (name.size() > sizeof header.name)
    throw Error(ErrorKind::internal, "write " + name + " to " + shown_);
  std::memcpy(header.name, name.data(), name.size());
  put(header.mode, "%07llo", type == '5' ? 0755 : 0644);
  put(header.uid, "%07llo", 0);
  put(header.gid, "%07llo", 0);
  put_size(header, size);
  put(header.mtime, "%011llo", 0);
  header.typeflag = type;
  std::memcpy(header.magic, "ustar\00000", 8);
  std::memset(header.chksum, ' ', sizeof header.chksum);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
  unsigned sum = 0;
  for (std::size_t at = 0; at < sizeof header; ++at) sum += bytes[at];
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "%06o", sum);
  std::memcpy(header.chksum, text.data(), 7);
  write_all(fd_, {reinterpret_cast<const char*>(&header), sizeof header}, shown_);
}

void TarStream::directory(const std::string& name) {
  header(name + "/", '5', 0);
}

void TarStream::file(const std::string& name, std::string_view content) {
  begin_file(name, content.size());
  write_all(fd_, content, shown_);
  end_file(content.size());
}

void TarStream::begin_file(const std::string& name, std::uint64_t size) {
  header(name, '0', size);
}

void TarStream::end_file(std::uint64_t size) {
  write_all(fd_, std::string((kBlock - size % kBlock) % kBlock, '\0'), shown_);
}

void TarStream::end() {
  write_all(fd_, std::string(2 * kBlock, '\0'), shown_);
}

}  // namespace cloche::image
