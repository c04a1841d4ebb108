// A blob read once: copied, hashed, decompressed and hashed again on the way.
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

// The announced facts of a blob; empty or 0 is "not given". `copy_to` is a descriptor, or -1.
struct Expected {
  std::string digest;
  std::string integrity;  // SHA-512, "sha512-<base64>"
  std::string diff_id;
  std::uint64_t size = 0;
  bool size_known = false;
  std::string compression = "any";  // "none", "gzip", "zstd", or "any" to go by the content
  std::uint64_t max_bytes = 0;      // of the uncompressed stream
  int copy_to = -1;
};

struct ArchiveFree {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ReadArchive = std::unique_ptr<archive, ArchiveFree>;

// Lets a reader that throws be called by libarchive: exceptions may not pass through C, so the
// first one is kept and thrown again on the other side.
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

// The stored bytes, as they come from the descriptor.
class StoredBlob {
 public:
  StoredBlob(int fd, const Expected& expected);
  // The next bytes; 0 at the end.
  std::size_t next(const void** bytes);
  // The first bytes, which next() will give again.
  const std::string& magic() const { return magic_; }
  // Reads what is left, then checks digest and size.
  void finish();
  // The copy is not wanted after all. For any thread.
  void stop_copying() { uncopied_ = true; }
  std::uint64_t size() const { return size_; }
  const std::string& digest() const { return digest_; }

 private:
  std::size_t fill();
  int fd_;
  Expected expected_;
  std::vector<char> buffer_;
  std::string magic_;
  std::size_t pending_ = 0;  // bytes of buffer_ read but not yet given out
  std::uint64_t size_ = 0;
  std::uint64_t told_ = 0;
  bool ended_ = false;
  std::atomic<bool> uncopied_{false};
  Sha256 hash_;
  std::optional<Sha512> integrity_;  // only where it is asked for
  std::string digest_;
};

// The uncompressed bytes of a blob. One thread reads, hashes and decompresses what is stored,
// another hashes what comes out, while the caller uses it.
class Blob {
 public:
  Blob(int fd, const Expected& expected);
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  // The next bytes; 0 at the end. Throws what went wrong where it went wrong.
  std::size_t next(const void** bytes);
  // Whether next() has come to the end.
  bool ended() const { return ended_; }
  // Reads what is left and checks everything that was announced.
  void finish();
  void stop_copying();
  const StoredBlob& stored() const;
  const std::string& diff_id() const { return diff_id_; }
  std::uint64_t size() const { return size_; }
  const std::string& compression() const;
  // How many zero bytes the content ends with, of what next() gave.
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
