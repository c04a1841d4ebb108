// Writes tars of any shape, well formed or not, and compresses them. Uses no test framework,
// because it also makes the seeds of the fuzz targets.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cloche::image::test {

using PaxRecords = std::vector<std::pair<std::string, std::string>>;

// One entry of a tar. It is written unchanged, even if it is invalid.
struct Entry {
  std::string name;
  char type =
      '0';  // of ustar: 0 file, 1 hard link, 2 symbolic link, 3 and 4 devices, 5 directory, 6 FIFO
  std::string content;
  std::string link;
  unsigned mode = 0644;
  PaxRecords pax;  // extended headers before it
};
inline Entry file(std::string name, std::string content, unsigned mode = 0644) {
  return {std::move(name), '0', std::move(content), {}, mode, {}};
}
inline Entry folder(std::string name, unsigned mode = 0755) {
  return {std::move(name), '5', {}, {}, mode, {}};
}
inline Entry soft_link(std::string name, std::string target) {
  return {std::move(name), '2', {}, std::move(target), 0777, {}};
}
inline Entry hard_link(std::string name, std::string target) {
  return {std::move(name), '1', {}, std::move(target), 0644, {}};
}

std::string tar(const std::vector<Entry>& entries);

// A header of 512 bytes, each field as text. A text longer than its field is cut.
struct Header {
  std::string name;
  char type = '0';
  std::string link;
  std::string mode = "0000644";
  std::string owner = "0002322";
  std::string size = "00000000000";
  std::string time = "14524770400";
  std::string magic = std::string("ustar\00000", 8);
  std::string device_major = "0000001", device_minor = "0000003";
  std::string prefix;    // from byte 345; its content depends on the format
  std::string checksum;  // empty: the right one
};
std::string block(const Header& header);
// The header and the content. The size in the header is that of the content.
std::string member(Header header, const std::string& content = {});
// Adds zeros up to full blocks of 512 bytes.
std::string padded(const std::string& bytes);
std::string octal(std::uint64_t value, int digits);
// GNU's binary numbers: two's complement, the first bit set.
std::string base256(std::int64_t value, std::size_t width);
// An extended header (type x, or g for all later entries), from whole records or from text.
std::string pax_record(const std::string& key, const std::string& value);
std::string pax(const PaxRecords& records, char type = 'x');
std::string pax_text(const std::string& text, char type = 'x');
// GNU's long name (type L) or link target (K).
std::string gnu_long(char type, const std::string& text);
inline std::string end_mark() {
  return std::string(1024, '\0');
}

// Compresses with libarchive: "gzip" or "zstd"; "none" leaves the bytes unchanged.
std::string compressed(const std::string& bytes, const std::string& how);

}  // namespace cloche::image::test
