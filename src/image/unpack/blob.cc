#include "image/unpack/blob.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>

#include "image/unpack/decompress.h"
#include "image/unpack/relay.h"
#include "image/unpack/report.h"
#include "util/file.h"

namespace cloche::unpack {

namespace {

constexpr std::size_t kBuffer = 256 * 1024;
constexpr std::uint64_t kSlack = 1024 * 1024;
constexpr std::uint64_t kProgressStep = 2 * 1024 * 1024;

std::string compression_of(const std::string& magic) {
  if (magic.compare(0, 2, "\x1f\x8b") == 0) return "gzip";
  if (magic.compare(0, 4, "\x28\xb5\x2f\xfd") == 0) return "zstd";
  // A skippable frame, with which some tools begin.
  if (magic.size() > 4 && (magic[0] & 0xf0) == 0x50 && magic.compare(1, 3, "\x2a\x4d\x18") == 0)
    return "zstd";
  return "none";
}

}  // namespace

StoredBlob::StoredBlob(int fd, const Expected& expected)
    : fd_(fd), expected_(expected), buffer_(kBuffer) {
  if (!expected.integrity.empty()) integrity_.emplace();
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
    if (integrity_) integrity_->add(buffer_.data(), got);
    size_ += got;
    if (expected_.size_known && size_ > expected_.size)
      throw Failure("digest_mismatch", "the blob is longer than the " +
                                           std::to_string(expected_.size) +
                                           " bytes it was announced with");
    // Compressed data may be a little larger than its content, and no more.
    if (expected_.max_bytes != 0 && size_ > expected_.max_bytes + expected_.max_bytes / 64 + kSlack)
      throw Failure::beyond("max-bytes", "the blob itself is larger");
    if (expected_.copy_to >= 0 && !uncopied_)
      write_all(expected_.copy_to, {buffer_.data(), got}, "the copy");
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
  if (!integrity_) return;
  const std::string integrity = integrity_->integrity();
  integrity_.reset();
  if (integrity != expected_.integrity)
    throw Failure("digest_mismatch", "the blob has the integrity " + integrity +
                                         " and was announced with " + expected_.integrity);
}

// The state that the threads share with the caller. If the caller has given up, the threads may
// outlive it, because their source may never end. The end of the program ends them.
struct Blob::Work {
  Work(int fd, const Expected& wanted)
      : expected(wanted),
        stored(fd, wanted),
        compression(compression_of(stored.magic())),
        relay(compression == "none" ? 1 : 2) {}

  const Expected expected;
  StoredBlob stored;
  const std::string compression;
  Relay relay;
  std::uint64_t size = 0;
  Sha256 hash;
  std::thread reading, hashing;

  bool compressed() const { return compression != "none"; }

  void read();
  void pass_on();
  void decompress();
  void add(std::size_t count);
};

// Counts the uncompressed bytes against their limit.
void Blob::Work::add(std::size_t count) {
  size += count;
  if (expected.max_bytes != 0 && size > expected.max_bytes)
    throw Failure::beyond("max-bytes", "the content is larger");
  relay.publish(count);
}

void Blob::Work::pass_on() {
  const void* bytes = nullptr;
  while (const std::size_t count = stored.next(&bytes)) {
    char* room = relay.room();
    if (room == nullptr) return;
    std::memcpy(room, bytes, count);
    add(count);
  }
}

void Blob::Work::decompress() {
  const std::unique_ptr<Decompressor> decompressor = make_decompressor(compression);
  const void* bytes = nullptr;
  char* room = relay.room();
  std::size_t filled = 0;
  while (std::size_t left = stored.next(&bytes)) {
    const char* input = static_cast<const char*>(bytes);
    bool full = false;
    // After a full piece the decompressor may have more output without new input.
    while (left > 0 || full) {
      if (room == nullptr) return;
      const Decompressor::DecompressStep step =
          decompressor->run(input, left, room + filled, Relay::kPieceBytes - filled);
      input += step.taken;
      left -= step.taken;
      filled += step.made;
      full = filled == Relay::kPieceBytes;
      if (full) {
        add(filled);
        filled = 0;
        room = relay.room();
      } else if (left > 0 && step.taken == 0 && step.made == 0) {
        throw Failure::corrupt("decompress the blob: it does not go on");
      }
    }
  }
  if (filled > 0) add(filled);
  if (!decompressor->may_end())
    throw Failure::corrupt("decompress the blob: truncated " + compression + " data");
}

void Blob::Work::read() {
  std::exception_ptr failure;
  try {
    try {
      if (compressed()) {
        decompress();
      } else {
        pass_on();
      }
    } catch (const Failure& broken) {
      // If the digest is wrong, too, that is the better explanation of the error.
      if (broken.kind() == "image_corrupt") stored.finish();
      throw;
    }
    stored.finish();
  } catch (...) {
    failure = std::current_exception();
  }
  relay.end(failure);
}

Blob::Blob(int fd, const Expected& expected) : work_(std::make_shared<Work>(fd, expected)) {
  if (expected.compression != "any" && work_->compression != expected.compression) {
    // The compression often differs because the blob is cut or damaged. Its digest shows that.
    work_->stored.finish();
    throw Failure::corrupt("the blob is announced with compression '" + expected.compression +
                           "' but its content is of compression '" + work_->compression + "'");
  }
  work_->reading = std::thread([work = work_] { work->read(); });
  // Without compression the two digests are the same.
  if (!work_->compressed()) return;
  work_->hashing = std::thread([work = work_] {
    try {
      for (;;) {
        const std::string_view piece = work->relay.next(1);
        if (piece.empty()) return;
        work->hash.add(piece.data(), piece.size());
      }
    } catch (const std::exception&) {
      // The caller gets the same exception.
    }
  });
}

Blob::~Blob() {
  work_->relay.cancel();
  for (std::thread* thread : {&work_->reading, &work_->hashing})
    if (thread->joinable()) thread->detach();
}

void Blob::stop_copying() {
  work_->stored.stop_copying();
}

const StoredBlob& Blob::stored() const {
  return work_->stored;
}

const std::string& Blob::compression() const {
  return work_->compression;
}

std::size_t Blob::next(const void** bytes) {
  const std::string_view piece = work_->relay.next(0);
  const std::size_t last = piece.find_last_not_of('\0');
  const std::size_t zeros = last == piece.npos ? piece.size() : piece.size() - last - 1;
  zeros_ = last == piece.npos ? zeros_ + zeros : zeros;
  *bytes = piece.data();
  size_ += piece.size();
  ended_ = piece.empty();
  return piece.size();
}

std::string Blob::what_instead_of_a_tar() const {
  if (work_->compressed()) return "its uncompressed content is not a tar";
  const std::string& magic = work_->stored.magic();
  if (magic.empty()) return "it is empty";
  static const struct {
    std::string_view magic;
    const char* name;
    const char* program;
  } others[] = {{"\xfd"
                 "7zXZ",
                 "xz", "xz -dc FILE"},
                {"BZh", "bzip2", "bzip2 -dc FILE"},
                {"\x04\x22\x4d\x18", "lz4", "lz4 -dc FILE"}};
  for (const auto& other : others)
    if (magic.starts_with(other.magic))
      return std::string("it is compressed with ") + other.name + ", which is not read: `" +
             other.program + " | cloche image import - ...` does it";
  if (magic.starts_with("PK\3\4")) return "it is a zip archive, and not a tar";
  return "it is neither a tar nor one compressed with gzip or zstd";
}

void Blob::finish() {
  if (finished_) return;
  const void* bytes = nullptr;
  while (next(&bytes) > 0) {
  }
  finished_ = true;
  work_->reading.join();
  if (work_->compressed()) work_->hashing.join();
  diff_id_ = work_->compressed() ? work_->hash.digest() : work_->stored.digest();
  const std::string& announced = work_->expected.diff_id;
  if (!announced.empty() && diff_id_ != announced)
    throw Failure("digest_mismatch", "the uncompressed content has the digest " + diff_id_ +
                                         " and was announced as " + announced);
}

}  // namespace cloche::unpack
