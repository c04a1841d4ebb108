#include "image/unpack/relay.h"

#include <algorithm>

namespace cloche::unpack {

Relay::Relay(unsigned readers) : bytes_(new char[kPieces * kPieceBytes]), readers_(readers) {}

// The number of pieces that every reader has finished.
std::uint64_t Relay::slowest() const {
  std::uint64_t least = published_;
  for (const Reader& reader : readers_)
    least = std::min(least, reader.taken - (reader.holds ? 1 : 0));
  return least;
}

char* Relay::room() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return cancelled_ || published_ - slowest() < kPieces; });
  return cancelled_ ? nullptr : &bytes_[published_ % kPieces * kPieceBytes];
}

void Relay::publish(std::size_t count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  counts_[published_ % kPieces] = count;
  ++published_;
  changed_.notify_all();
}

void Relay::end(std::exception_ptr failure) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  failure_ = std::move(failure);
  changed_.notify_all();
}

std::string_view Relay::next(unsigned number) {
  std::unique_lock<std::mutex> lock(mutex_);
  Reader& reader = readers_[number];
  if (reader.holds) {
    reader.holds = false;
    changed_.notify_all();
  }
  changed_.wait(lock, [&] { return cancelled_ || ended_ || reader.taken < published_; });
  if (reader.taken < published_) {
    const std::size_t slot = reader.taken % kPieces;
    ++reader.taken;
    reader.holds = true;
    return {&bytes_[slot * kPieceBytes], counts_[slot]};
  }
  if (failure_) std::rethrow_exception(failure_);
  return {};
}

void Relay::cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  changed_.notify_all();
}

}  // namespace cloche::unpack
