// Reads a blob once. On the way it is copied, hashed, decompressed and hashed again.
#pragma once

#include <archive.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "image/unpack/hash.h"

namespace cloche::unpack {

// The announced facts about a blob; empty or 0 means "not given". `copy_to` is a descriptor, or -1.
struct Expected {
  std::string digest;
  std::string integrity;  // SHA-512, "sha512-<base64>"
  std::string diff_id;
  std::uint64_t size = 0;
  bool size_known = false;
  std::string compression = "any";  // "none", "gzip", "zstd", or "any" to detect it
  std::uint64_t max_bytes = 0;      // of the uncompressed stream
  int copy_to = -1;
};

struct ArchiveFree {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ReadArchive = std::unique_ptr<archive, ArchiveFree>;

// Lets libarchive call a reader that throws. Exceptions may not pass through C, so the first one is
// kept and thrown again behind the C code.
template <typename Reader>
struct Guarded {
  Reader& reader;
  std::exception_ptr failure;

  la_ssize_t next(archive* handle, const void** bytes) {
    try {
      return static_cast<la_ssize_t>(reader.next(bytes));
    } catch (...) {
      failure = std::current_exception();
      archive_set_error(handle, EIO, "reading failed");
      return -1;
    }
  }
  void rethrow() const {
    if (failure) std::rethrow_exception(failure);
  }
};

// The stored bytes of a blob, as read from the descriptor.
class StoredBlob {
 public:
  StoredBlob(int fd, const Expected& expected);
  // The next bytes; 0 at the end.
  std::size_t next(const void** bytes);
  // The first bytes. next() returns them again.
  const std::string& magic() const { return magic_; }
  // Reads the rest, then checks digest and size.
  void finish();
  // Stops copying. May be called from any thread.
  void stop_copying() { uncopied_ = true; }
  std::uint64_t size() const { return size_; }
  const std::string& digest() const { return digest_; }

 private:
  std::size_t fill();
  int fd_;
  Expected expected_;
  std::vector<char> buffer_;
  std::string magic_;
  std::size_t pending_ = 0;  // bytes of buffer_ that were read but not returned
  std::uint64_t size_ = 0;
  std::uint64_t told_ = 0;
  bool ended_ = false;
  std::atomic<bool> uncopied_{false};
  Sha256 hash_;
  std::optional<Sha512> integrity_;  // only if the caller asked for it
  std::string digest_;
};

// The uncompressed bytes of a blob. One thread reads, hashes and decompresses the stored bytes, and
// another hashes the result, while the caller uses it.
class Blob {
 public:
  Blob(int fd, const Expected& expected);
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  // The next bytes; 0 at the end. Throws an error at the place where it occurred.
  std::size_t next(const void** bytes);
  // Whether next() has reached the end.
  bool ended() const { return ended_; }
  // Reads the rest and checks everything that was announced.
  void finish();
  void stop_copying();
  const StoredBlob& stored() const;
  const std::string& diff_id() const { return diff_id_; }
  std::uint64_t size() const { return size_; }
  const std::string& compression() const;
  // The number of zero bytes at the end of the content that next() returned.
  std::uint64_t zeros_at_end() const { return zeros_; }
  // A guess at the content, for an error: "it is empty".
  std::string what_instead_of_a_tar() const;

 private:
  struct Work;
  std::shared_ptr<Work> work_;
  std::uint64_t size_ = 0;
  std::uint64_t zeros_ = 0;
  std::string diff_id_;
  bool ended_ = false;
  bool finished_ = false;
};

}  // namespace cloche::unpack
