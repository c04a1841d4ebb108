#include "image/unpack/blob.h"

#include <archive_entry.h>
#include <unistd.h>

#include <cerrno>

#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::uint64_t kProgressStep = 2 * 1024 * 1024;

std::string compression_of(const std::string& magic) {
  if (magic.compare(0, 2, "\x1f\x8b") == 0) return "gzip";
  if (magic.compare(0, 4, "\x28\xb5\x2f\xfd") == 0) return "zstd";
  return "none";
}

la_ssize_t read_stored(archive* handle, void* data, const void** bytes) {
  return static_cast<Guarded<StoredBlob>*>(data)->next(handle, bytes);
}

}  // namespace

StoredBlob::StoredBlob(int fd, const Expected& expected)
    : fd_(fd), expected_(expected), buffer_(kBuffer) {
  pending_ = fill();
  magic_.assign(buffer_.data(), pending_ < 8 ? pending_ : 8);
}

std::size_t StoredBlob::fill() {
  if (ended_) return 0;
  for (;;) {
    const ssize_t count = ::read(fd_, buffer_.data(), buffer_.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      throw Failure::from_errno("read the blob", errno);
    }
    if (count == 0) {
      ended_ = true;
      return 0;
    }
    const std::size_t got = static_cast<std::size_t>(count);
    hash_.add(buffer_.data(), got);
    size_ += got;
    if (expected_.size_known && size_ > expected_.size)
      throw Failure("digest_mismatch", "the blob is longer than the " +
                                           std::to_string(expected_.size) +
                                           " bytes it was announced with");
    if (expected_.copy_to >= 0)
      write_all(expected_.copy_to, {buffer_.data(), got}, "the copy of the blob");
    if (size_ - told_ >= kProgressStep) {
      report("progress", size_);
      told_ = size_;
    }
    return got;
  }
}

std::size_t StoredBlob::next(const void** bytes) {
  const std::size_t count = pending_ > 0 ? pending_ : fill();
  pending_ = 0;
  *bytes = buffer_.data();
  return count;
}

void StoredBlob::finish() {
  pending_ = 0;
  while (fill() > 0) {
  }
  digest_ = hash_.digest();
  if (expected_.size_known && size_ != expected_.size)
    throw Failure("digest_mismatch", "the blob has " + std::to_string(size_) +
                                         " bytes and was announced with " +
                                         std::to_string(expected_.size));
  if (!expected_.digest.empty() && digest_ != expected_.digest)
    throw Failure("digest_mismatch", "the blob has the digest " + digest_ +
                                         " and was announced as " + expected_.digest);
}

Blob::Blob(int fd, const Expected& expected)
    : expected_(expected),
      stored_(fd, expected_),
      guarded_{stored_, {}},
      compression_(compression_of(stored_.magic())),
      decompressor_(nullptr) {
  if (expected_.compression != "any" && compression_ != expected_.compression) {
    // What is announced wrongly is most often cut or damaged: its digest tells which.
    stored_.finish();
    throw Failure::corrupt("the blob is announced with compression '" + expected_.compression +
                           "' but its content is of compression '" + compression_ + "'");
  }
  if (compression_ == "none") return;
  decompressor_.reset(archive_read_new());
  if (!decompressor_) throw Failure("system", "start libarchive");
  archive* handle = decompressor_.get();
  const int filter = compression_ == "gzip" ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD;
  archive_entry* entry = nullptr;
  if (archive_read_append_filter(handle, filter) != ARCHIVE_OK ||
      archive_read_support_format_raw(handle) != ARCHIVE_OK ||
      archive_read_open(handle, &guarded_, nullptr, read_stored, nullptr) != ARCHIVE_OK ||
      archive_read_next_header(handle, &entry) != ARCHIVE_OK) {
    guarded_.rethrow();
    stored_.finish();
    const char* reason = archive_error_string(handle);
    throw Failure::corrupt("decompress the blob: " + shown(reason == nullptr ? "" : reason));
  }
}

std::size_t Blob::next(const void** bytes) {
  std::size_t count = 0;
  if (!decompressor_) {
    count = stored_.next(bytes);
  } else {
    // Raw blocks come in order and without holes.
    la_int64_t offset = 0;
    int status = ARCHIVE_RETRY;
    while (status == ARCHIVE_RETRY)
      status = archive_read_data_block(decompressor_.get(), bytes, &count, &offset);
    if (status == ARCHIVE_EOF) return 0;
    if (status < ARCHIVE_WARN) {
      guarded_.rethrow();
      const char* reason = archive_error_string(decompressor_.get());
      const std::string text = "decompress the blob: " + shown(reason == nullptr ? "" : reason);
      stored_.finish();
      throw Failure::corrupt(text);
    }
  }
  size_ += count;
  if (expected_.max_bytes != 0 && size_ > expected_.max_bytes)
    throw Failure::corrupt("the content is larger than " + std::to_string(expected_.max_bytes) +
                           " bytes, which is the most that is unpacked");
  // Where nothing was compressed the two digests are one.
  if (decompressor_) hash_.add(*bytes, count);
  return count;
}

void Blob::finish() {
  const void* bytes = nullptr;
  while (next(&bytes) > 0) {
  }
  stored_.finish();
  diff_id_ = decompressor_ ? hash_.digest() : stored_.digest();
  if (!expected_.diff_id.empty() && diff_id_ != expected_.diff_id)
    throw Failure("digest_mismatch", "the uncompressed content has the digest " + diff_id_ +
                                         " and was announced as " + expected_.diff_id);
}

}  // namespace cloche::unpack
