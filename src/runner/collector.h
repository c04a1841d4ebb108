// Gathering what a run says: program output and the reporter's events, in their order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "runner/channel.h"
#include "runner/tree.h"

namespace cloche::runner {

// The most characters of standard output, tokens included, before a run is ended.
inline constexpr std::size_t kMaxCharacters = 1'536'000;

class Collector {
 public:
  // nonce: empty for a run without a reporter. on_full is called once, when the standard output
  // has become too long; what comes later is dropped.
  Collector(std::string nonce, std::function<void()> on_full,
            std::size_t max_characters = kMaxCharacters);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  std::string greeting() const { return parser_.greeting(); }
  void output(int fd, std::string_view bytes);
  // Bytes from the reporter; returns the answer.
  std::string channel(std::string_view bytes);

  bool full() const { return full_; }
  std::uint64_t forged() const { return parser_.forged(); }
  TreeBuilder& tree() { return tree_; }

  std::string out, err;

 private:
  void event(const Event& event);
  std::string_view admit(std::string_view bytes);

  ChannelParser parser_;
  TreeBuilder tree_;
  std::function<void()> on_full_;
  std::size_t characters_left_;
  std::size_t bytes_left_;
  bool full_ = false;
};

// The length of the longest beginning of `bytes` that has at most `characters` characters, of which
// there were `characters` less the value it has afterwards. Counted as UTF-16 does: two for a
// character beyond the first 65536. Bytes that are not UTF-8 are not refused.
std::size_t take_characters(std::string_view bytes, std::size_t& characters);

}  // namespace cloche::runner
