#include "image/unpack/fingerprint.h"

#include <algorithm>
#include <cstdio>

#include "image/unpack/report.h"

namespace cloche::unpack {

namespace {

// "ab/" and the remaining digits of the hash.
constexpr std::size_t kHashed = 33;

std::string described(std::uint64_t size, mode_t mode, const timespec& modified) {
  char text[96];
  std::snprintf(text, sizeof text, "-%llx-%o-%llx.%lx", static_cast<unsigned long long>(size),
                static_cast<unsigned>(mode), static_cast<unsigned long long>(modified.tv_sec),
                static_cast<unsigned long>(modified.tv_nsec));
  return text;
}

}  // namespace

Fingerprint::Fingerprint() : state_(XXH3_createState()) {
  if (!state_ || XXH3_128bits_reset(state_.get()) != XXH_OK) throw Failure("system", "start XXH3");
}

void Fingerprint::add(const void* bytes, std::size_t count) {
  XXH3_128bits_update(state_.get(), bytes, count);
  size_ += count;
}

std::string Fingerprint::name(mode_t mode, const timespec& modified) const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
  char text[kHashed + 1];
  std::snprintf(text, sizeof text, "%02x/%014llx%016llx", static_cast<unsigned>(hash.high64 >> 56),
                static_cast<unsigned long long>(hash.high64 & 0xffffffffffffff),
                static_cast<unsigned long long>(hash.low64));
  return text + described(size_, mode, modified);
}

bool may_be_named(const struct stat& file, std::string_view text) {
  const auto is_hexadecimal = [](char digit) {
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
  };
  if (text.size() <= kHashed || text[2] != '/') return false;
  const std::string digits =
      std::string(text.substr(0, 2)) + std::string(text.substr(3, kHashed - 3));
  return std::all_of(digits.begin(), digits.end(), is_hexadecimal) &&
         text.substr(kHashed) == described(static_cast<std::uint64_t>(file.st_size),
                                           file.st_mode & 07777, file.st_mtim);
}

}  // namespace cloche::unpack
