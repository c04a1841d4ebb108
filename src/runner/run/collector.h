// Gathering what a run says: program output and the reporter's events, in their order.
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
  // nonce: empty for a run without a reporter. on_full is called once, when the standard output
  // has become too long; what comes later is dropped.
  Collector(std::string nonce, std::function<void()> on_full,
            std::size_t max_characters = kMaxCharacters);
  // Ends the run instead when one of the streams gets longer than this many bytes, tokens
  // included, and keeps exactly as many.
  void bound_by_bytes(std::uint64_t most);
  // Called when a token has been placed, with what it put into the standard output. May be empty.
  std::function<void(const Event&, const std::string& rendered)> on_token;
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  std::string greeting() const { return parser_.greeting(); }
  // Returns what is kept of it.
  std::string_view output(int fd, std::string_view bytes);
  // Bytes from the reporter; returns the answer, or nothing if nobody is heard there any more. What
  // is reported counts as standard output, and all of it together has a bound of its own
  // (kMaxReport).
  std::optional<std::string> channel(std::string_view bytes);

  bool full() const { return out_full() || err_full(); }
  bool out_full() const { return out_room_.full; }
  bool err_full() const { return err_room_.full; }
  const CallOutcome& value() const { return value_; }
  // Lines on the channel that were not the reporter's: a broken header, after which nothing is
  // read, or an event that the end of the run cut off.
  std::uint64_t forged() const { return broken() || parser_.in_event() ? 1 : 0; }
  bool broken() const { return parser_.broken(); }
  TreeBuilder& tree() { return tree_; }

  std::string out, err;

 private:
  // What may still come on a stream.
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

// The length of the longest beginning of `bytes` that has at most `characters` characters, of which
// there were `characters` less the value it has afterwards. Counted as UTF-16 does: two for a
// character beyond the first 65536. Bytes that are not UTF-8 are not refused.
std::size_t take_characters(std::string_view bytes, std::size_t& characters);

}  // namespace cloche::runner
