// Collects the output of a run: program output and the reporter's events, in their order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runner/report/tree.h"
#include "runner/request/call.h"
#include "runner/run/channel.h"

namespace cloche::runner {

// The most characters of standard output, tokens included, before a run is ended.
inline constexpr std::size_t kMaxCharacters = 1'536'000;

class Collector {
 public:
  // nonce: empty for a run without a reporter. on_full is called once, when the standard output has
  // become too long; everything after that is dropped.
  Collector(std::string nonce, std::function<void()> on_full,
            std::size_t max_characters = kMaxCharacters);
  // Replaces the limit of characters: the run ends when a stream exceeds this many bytes, tokens
  // included, and exactly so many bytes are kept.
  void bound_by_bytes(std::uint64_t most);
  // Called when a token has been placed, with the text that it added to the standard output. May be
  // empty.
  std::function<void(const Event&, const std::string& rendered)> on_token;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  std::string greeting() const { return parser_.greeting(); }
  // Returns the part that is kept.
  std::string_view output(int fd, std::string_view bytes);
  // Takes bytes from the reporter. Returns the answer, or nothing once the channel is dead.
  // Reported text counts as standard output, and all reports together have a limit of their own
  // (kMaxReport).
  std::optional<std::string> channel(std::string_view bytes);

  bool full() const { return out_full() || err_full(); }
  bool out_full() const { return out_room_.full; }
  bool err_full() const { return err_room_.full; }
  const CallOutcome& value() const { return value_; }
  // The number of lines on the channel that the reporter did not write: a broken header, after
  // which nothing more is read, or an event that the end of the run cut off.
  std::uint64_t forged() const { return broken() || parser_.in_event() ? 1 : 0; }
  bool broken() const { return parser_.broken(); }
  TreeBuilder& tree() { return tree_; }

  std::string out, err;

 private:
  // The room left on a stream.
  struct Room {
    std::optional<std::size_t> characters;
    std::uint64_t bytes;
    bool full = false;
  };

  void event(const Event& event);
  std::string_view admit(Room& room, std::string_view bytes);

  ChannelParser parser_;
  TreeBuilder tree_;
  CallOutcome value_;
  std::function<void()> on_full_;
  Room out_room_, err_room_;
};

// The length of the longest beginning of `bytes` that has at most `characters` characters.
// Subtracts the characters of that beginning from `characters`. Counts as UTF-16 does: a character
// beyond U+FFFF counts as two. Bytes that are not UTF-8 are accepted.
std::size_t take_characters(std::string_view bytes, std::size_t& characters);

}  // namespace cloche::runner
