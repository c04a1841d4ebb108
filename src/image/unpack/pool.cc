#include "image/unpack/pool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "image/unpack/report.h"
#include "util/fd.h"

namespace cloche::unpack {

namespace {

// File systems allow 65,000 names and more; what has nearly so many gets a second inode.
constexpr nlink_t kMostNames = 30'000;

bool same_bytes(int one, int other, std::uint64_t size) {
  thread_local std::array<char, 64 * 1024> left, right;
  std::uint64_t at = 0;
  while (at < size) {
    const auto place = static_cast<off_t>(at);
    const ssize_t count = ::pread(one, left.data(), left.size(), place);
    if (count <= 0) return false;
    const auto wanted = static_cast<std::size_t>(count);
    if (::pread(other, right.data(), wanted, place) != count ||
        std::memcmp(left.data(), right.data(), wanted) != 0)
      return false;
    at += wanted;
  }
  return true;
}

bool alike(const struct stat& one, const struct stat& other) {
  return S_ISREG(other.st_mode) && one.st_dev == other.st_dev && one.st_size == other.st_size &&
         one.st_mode == other.st_mode && one.st_uid == other.st_uid &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec &&
         one.st_mtim.tv_nsec == other.st_mtim.tv_nsec && other.st_nlink < kMostNames;
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
  char text[128];
  std::snprintf(text, sizeof text, "%02x/%014llx%016llx-%llx-%o-%llx.%lx",
                static_cast<unsigned>(hash.high64 >> 56),
                static_cast<unsigned long long>(hash.high64 & 0xffffffffffffff),
                static_cast<unsigned long long>(hash.low64), static_cast<unsigned long long>(size_),
                static_cast<unsigned>(mode), static_cast<unsigned long long>(modified.tv_sec),
                static_cast<unsigned long>(modified.tv_nsec));
  return text;
}

// True unless the pool has a file of that fingerprint.
bool Pool::add(int directory, const std::string& name, const std::string& fingerprint) {
  for (int tries = 0; tries < 2; ++tries) {
    if (::linkat(directory, name.c_str(), directory_, fingerprint.c_str(), 0) == 0) return true;
    if (errno != ENOENT) return errno != EEXIST;
    ::mkdirat(directory_, fingerprint.substr(0, 2).c_str(), 0755);
  }
  return true;
}

void Pool::share(int directory, const std::string& name, int file, const std::string& fingerprint) {
  if (directory_ < 0 || add(directory, name, fingerprint)) return;
  const UniqueFd other(
      ::openat(directory_, fingerprint.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat ours {
  }, theirs{};
  if (!other || ::fstat(file, &ours) < 0 || ::fstat(other.get(), &theirs) < 0 ||
      !alike(ours, theirs) ||
      !same_bytes(file, other.get(), static_cast<std::uint64_t>(ours.st_size)))
    return;
  // By way of a name of our own, for the name must never be missing.
  const std::string passing = "passing." + std::to_string(::getpid());
  ::unlinkat(directory_, passing.c_str(), 0);
  if (::linkat(directory_, fingerprint.c_str(), directory_, passing.c_str(), 0) < 0) return;
  struct stat linked {};
  const bool still = ::fstatat(directory_, passing.c_str(), &linked, AT_SYMLINK_NOFOLLOW) == 0 &&
                     linked.st_ino == theirs.st_ino;
  if (!still || ::renameat(directory_, passing.c_str(), directory, name.c_str()) < 0)
    ::unlinkat(directory_, passing.c_str(), 0);
}

}  // namespace cloche::unpack
