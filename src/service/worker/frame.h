// The protocol between server and worker, over a stream socket: frames of a kind, a length and that
// many bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cloche::service {

enum class FrameKind : char {
  // To the worker.
  job = 'j',        // a Job (job.h); the one before has ended
  cancel = 'c',     // end the run; ignored if it has ended already
  input = 'i',      // bytes for standard input
  input_end = 'z',  // no more of them
  signal = 's',     // one byte: a signal's number, for the program
  // From the worker.
  ready = 'h',    // once, when jobs may come
  phase = 'p',    // the name of the phase that begins
  output = 'o',   // one byte, 1 or 2: the stream; then the output
  token = 't',    // JSON: tag, text, mode, label, milliseconds
  outcome = 'r',  // a JobOutcome (job.h); the last of a run
  failure = 'f',  // a JobFailure (job.h); the last of a run
};

struct Frame {
  FrameKind kind;
  std::string payload;
};

// The most bytes of one frame's payload. The output of a run has a far smaller limit.
inline constexpr std::uint32_t kMaxFrame = 256u << 20;

std::string encode_frame(FrameKind kind, std::string_view payload);

// Cuts a stream of bytes into frames.
class FrameReader {
 public:
  void feed(std::string_view bytes) { pending_ += bytes; }
  // The next whole frame. Throws Error bad_data for a frame that is longer than kMaxFrame; nothing
  // more can be read then.
  std::optional<Frame> next();

 private:
  std::string pending_;
  std::size_t start_ = 0;  // the start of the bytes that were not returned yet
};

}  // namespace cloche::service
