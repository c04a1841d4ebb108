#include "tar_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace cloche::image::test {

namespace {

void put(std::string& header, std::size_t at, std::size_t size, const std::string& text) {
  const std::size_t count = std::min(size, text.size());
  header.replace(at, count, text, 0, count);
}

}  // namespace

std::string octal(std::uint64_t value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*llo", digits, static_cast<unsigned long long>(value));
  return text;
}

std::string base256(std::int64_t value, std::size_t width) {
  std::string text(width, value < 0 ? '\xff' : '\0');
  for (std::size_t i = 0; i < width && i < 8; ++i)
    text[width - 1 - i] = static_cast<char>(value >> (8 * i));
  text[0] = static_cast<char>(text[0] | '\x80');
  return text;
}

std::string block(const Header& header) {
  std::string bytes(512, '\0');
  put(bytes, 0, 100, header.name);
  put(bytes, 100, 8, header.mode);
  put(bytes, 108, 8, header.owner);
  put(bytes, 116, 8, header.owner);
  put(bytes, 124, 12, header.size);
  put(bytes, 136, 12, header.time);
  put(bytes, 148, 8, "        ");
  bytes[156] = header.type;
  put(bytes, 157, 100, header.link);
  put(bytes, 257, 8, header.magic);
  put(bytes, 329, 8, header.device_major);
  put(bytes, 337, 8, header.device_minor);
  put(bytes, 345, 167, header.prefix);
  unsigned sum = 0;
  for (const char byte : bytes) sum += static_cast<unsigned char>(byte);
  put(bytes, 148, 8,
      header.checksum.empty() ? octal(sum, 6) + std::string("\0 ", 2) : header.checksum);
  return bytes;
}

std::string padded(const std::string& bytes) {
  return bytes + std::string((512 - bytes.size() % 512) % 512, '\0');
}

std::string member(Header header, const std::string& content) {
  header.size = octal(content.size(), 11);
  return block(header) + padded(content);
}

std::string pax_record(const std::string& key, const std::string& value) {
  const std::string rest = " " + key + "=" + value + "\n";
  std::size_t size = rest.size() + 1;
  while (std::to_string(size).size() + rest.size() != size)
    size = std::to_string(size).size() + rest.size();
  return std::to_string(size) + rest;
}

std::string pax_text(const std::string& text, char type) {
  Header header;
  header.name = "pax";
  header.type = type;
  return member(header, text);
}

std::string pax(const PaxRecords& records, char type) {
  std::string text;
  for (const auto& [key, value] : records) text += pax_record(key, value);
  return pax_text(text, type);
}

std::string gnu_long(char type, const std::string& text) {
  Header header;
  header.name = "././@LongLink";
  header.type = type;
  header.magic = std::string("ustar  \0", 8);
  return member(header, text + std::string(1, '\0'));
}

std::string tar(const std::vector<Entry>& entries) {
  std::string bytes;
  for (const Entry& entry : entries) {
    PaxRecords records = entry.pax;
    if (entry.name.size() > 100) records.emplace_back("path", entry.name);
    if (entry.link.size() > 100) records.emplace_back("linkpath", entry.link);
    if (!records.empty()) bytes += pax(records);
    Header header;
    header.name = entry.name;
    header.type = entry.type;
    header.link = entry.link;
    header.mode = octal(entry.mode, 7);
    bytes += member(header, entry.content);
  }
  return bytes + end_mark();
}

std::string compressed(const std::string& bytes, const std::string& how) {
  if (how == "none") return bytes;
  std::string result(bytes.size() + 65536, '\0');
  std::size_t used = 0;
  archive* handle = archive_write_new();
  archive_write_set_format_raw(handle);
  if (how == "gzip") {
    archive_write_add_filter_gzip(handle);
    archive_write_set_options(handle, "gzip:!timestamp");  // the same bytes each time
  } else {
    archive_write_add_filter_zstd(handle);
  }
  archive_write_set_bytes_in_last_block(handle, 1);
  const bool open =
      archive_write_open_memory(handle, result.data(), result.size(), &used) == ARCHIVE_OK;
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "x");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_write_header(handle, entry);
  archive_write_data(handle, bytes.data(), bytes.size());
  archive_entry_free(entry);
  const bool closed = archive_write_close(handle) == ARCHIVE_OK;
  archive_write_free(handle);
  if (!open || !closed) throw std::runtime_error("libarchive does not compress with " + how);
  result.resize(used);
  return result;
}

}  // namespace cloche::image::test
