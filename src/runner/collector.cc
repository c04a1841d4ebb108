#include "runner/collector.h"

#include "runner/tokens.h"

namespace cloche::runner {

namespace {

// Bytes that are no UTF-8 at all count for nothing as characters, but have a bound too.
constexpr std::size_t kBytesPerCharacter = 4;

}  // namespace

std::size_t take_characters(std::string_view bytes, std::size_t& characters) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if ((byte & 0xc0) == 0x80) continue;
    const std::size_t weight = byte >= 0xf0 ? 2 : 1;
    if (weight > characters) {
      characters = 0;
      return i;
    }
    characters -= weight;
  }
  return bytes.size();
}

Collector::Collector(std::string nonce, std::function<void()> on_full, std::size_t max_characters)
    : parser_(std::move(nonce), [this](const Event& event) { this->event(event); }),
      on_full_(std::move(on_full)),
      characters_left_(max_characters),
      bytes_left_(max_characters * kBytesPerCharacter) {}

std::string_view Collector::admit(std::string_view bytes) {
  if (full_) return {};
  std::size_t length = take_characters(bytes, characters_left_);
  if (length > bytes_left_) length = bytes_left_;
  bytes_left_ -= length;
  if (length < bytes.size()) {
    full_ = true;
    on_full_();
  }
  return bytes.substr(0, length);
}

void Collector::output(int fd, std::string_view bytes) {
  if (fd == 2) {
    err += bytes;
    return;
  }
  const std::string_view admitted = admit(bytes);
  out += admitted;
  tree_.print(admitted);
}

void Collector::event(const Event& event) {
  const std::string token = render_token(event);
  // What is not shown is kept in the tree, so it counts too.
  const std::string_view cost = token.empty() ? std::string_view(event.text) : token;
  const bool whole = admit(cost).size() == cost.size() && !full_;
  if (!whole) return;
  out += token;
  tree_.add(event);
}

std::string Collector::channel(std::string_view bytes) {
  // A run that is being ended is not kept going by answers.
  const std::string answer = parser_.feed(bytes);
  return full_ ? std::string() : answer;
}

}  // namespace cloche::runner
