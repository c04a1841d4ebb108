#include "service/worker/frame.h"

#include "cloche/error.h"

namespace cloche::service {

namespace {
constexpr std::size_t kHead = 5;
}  // namespace

std::string encode_frame(FrameKind kind, std::string_view payload) {
  std::string frame;
  frame.reserve(kHead + payload.size());
  frame += static_cast<char>(kind);
  for (int shift = 0; shift < 32; shift += 8)
    frame += static_cast<char>(payload.size() >> shift & 0xff);
  frame += payload;
  return frame;
}

std::optional<Frame> FrameReader::next() {
  if (pending_.size() - start_ < kHead) return std::nullopt;
  std::uint32_t length = 0;
  for (unsigned i = 0; i < 4; ++i)
    length |= static_cast<std::uint32_t>(static_cast<unsigned char>(pending_[start_ + 1 + i]))
              << 8 * i;
  if (length > kMaxFrame)
    throw Error(ErrorKind::bad_data, "read a frame of " + std::to_string(length) + " bytes");
  if (pending_.size() - start_ < kHead + length) return std::nullopt;
  Frame frame{static_cast<FrameKind>(pending_[start_]), pending_.substr(start_ + kHead, length)};
  start_ += kHead + length;
  // Erase read bytes only now and then, and not for each of many small frames.
  if (start_ == pending_.size() || start_ > (1u << 16)) {
    pending_.erase(0, start_);
    start_ = 0;
  }
  return frame;
}

}  // namespace cloche::service
