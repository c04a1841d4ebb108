// The reporter's channel, protocol 1, as the runner hears it.
//
// The runner greets with "cloche 1 NONCE\n". Each line from inside is "NONCE JSON\n" and is
// answered with "\n". Whoever writes there may be the tested code: everything is bounded and
// nothing but the nonce is trusted.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cloche::runner {

// What a reporter said.
struct Event {
  std::string tag;  // DESCRIBE, IT, PASSED, ..., SKIPPED, SYNC, END, VALUE or NOVALUE
  std::string text;
  std::string mode;
  std::string label;
  bool lead = true;  // an empty line goes before the token
  std::optional<double> milliseconds;
};

// The longest line that is read, with nonce and line break.
inline constexpr std::size_t kMaxLine = (1u << 20) + 64;

// 32 hexadecimal digits from the kernel's random numbers.
std::string make_nonce();

class ChannelParser {
 public:
  ChannelParser(std::string nonce, std::function<void(Event)> on_event)
      : nonce_(std::move(nonce)), on_event_(std::move(on_event)) {}

  std::string greeting() const { return "cloche 1 " + nonce_ + "\n"; }

  // Takes bytes as they come and returns the answer: one line break for each good line.
  std::string feed(std::string_view bytes);

  // Lines that did not carry the nonce, were too long, or were no event.
  std::uint64_t forged() const { return forged_; }

 private:
  bool take_line(std::string_view line);

  std::string nonce_;
  std::function<void(Event)> on_event_;
  std::string pending_;    // a line that has not ended yet
  bool skipping_ = false;  // the rest of a line that was too long
  std::uint64_t forged_ = 0;
};

// Reads the JSON of one line. Nothing if it is not an event.
std::optional<Event> parse_event(std::string_view json);

}  // namespace cloche::runner
