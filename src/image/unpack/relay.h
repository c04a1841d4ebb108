// Passes a stream from the thread that makes it to the threads that read it, piece by piece.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace cloche::unpack {

// One thread calls room() and publish(); each reader's thread calls next(). Every reader sees every
// piece. The maker waits while the slowest reader is kPieces behind.
class Relay {
 public:
  explicit Relay(unsigned readers);

  static constexpr std::size_t kPieceBytes = 256 * 1024;
  // The buffer for the next piece of at most kPieceBytes; nullptr once the reader has stopped.
  char* room();
  void publish(std::size_t count);
  // Ends the stream. With a failure: readers get it after the pieces that were published before.
  void end(std::exception_ptr failure = nullptr);

  // The next piece; empty at the end. It stays valid until the next call with the same number.
  std::string_view next(unsigned reader);
  // Called when the reader stops.
  void cancel();

 private:
  static constexpr std::size_t kPieces = 16;
  std::uint64_t slowest() const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<char[]> bytes_;
  std::size_t counts_[kPieces] = {};
  std::uint64_t published_ = 0;
  struct Reader {
    std::uint64_t taken = 0;  // pieces that it has received
    bool holds = false;       // it still uses the last of them
  };
  std::vector<Reader> readers_;
  bool ended_ = false;
  bool cancelled_ = false;
  std::exception_ptr failure_;
};

}  // namespace cloche::unpack
