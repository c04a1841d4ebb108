#include "runner/run/collector.h"

#include <limits>

#include "runner/report/tokens.h"

namespace cloche::runner {

namespace {

// Invalid UTF-8 does not count as characters, so bytes have a limit, too.
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
      out_room_{max_characters, max_characters * kBytesPerCharacter},
      err_room_{std::nullopt, std::numeric_limits<std::uint64_t>::max()} {}

void Collector::bound_by_bytes(std::uint64_t most) {
  out_room_ = err_room_ = {std::nullopt, most};
}

std::string_view Collector::admit(Room& room, std::string_view bytes) {
  if (room.full) return {};
  std::size_t length = bytes.size();
  if (room.characters) length = take_characters(bytes, *room.characters);
  if (length > room.bytes) length = static_cast<std::size_t>(room.bytes);
  room.bytes -= length;
  if (length < bytes.size()) {
    room.full = true;
    on_full_();
  }
  return bytes.substr(0, length);
}

std::string_view Collector::output(int fd, std::string_view bytes) {
  const std::string_view admitted = admit(fd == 2 ? err_room_ : out_room_, bytes);
  if (fd == 2) {
    err += admitted;
  } else {
    out += admitted;
    tree_.print(admitted);
  }
  return admitted;
}

void Collector::event(const Event& event) {
  if (event.tag == Tag::value && event.cut)
    value_.take_error("its value takes more than 1 MB as JSON");
  else if (event.tag == Tag::value)
    value_.take_value(event.text);
  if (event.tag == Tag::no_value) value_.take_error(event.text);
  if (!is_token(event.tag)) return tree_.add(event);
  const std::string token = render_token(event);
  // An event that is not shown is still kept in the tree, so it counts, too.
  const std::string_view cost = token.empty() ? std::string_view(event.text) : token;
  const bool whole = admit(out_room_, cost).size() == cost.size() && !out_room_.full;
  if (!whole) return;
  out += token;
  tree_.add(event);
  if (on_token) on_token(event, token);
}

std::optional<std::string> Collector::channel(std::string_view bytes) {
  auto answer = parser_.feed(bytes);
  if (parser_.full() && !out_room_.full) {
    out_room_.full = true;
    on_full_();
  }
  // A full run is being ended. An answer would let its program go on.
  return full() ? std::string() : answer;
}

}  // namespace cloche::runner
