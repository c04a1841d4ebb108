#include "util/printable.h"

#include "util/utf8.h"

namespace cloche {

namespace {

// Control characters of both sets (C0, C1), and characters that change the direction of text.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::size_t printable_at(std::string_view text, std::size_t at) {
  const Character character = at < text.size() ? character_at(text, at) : Character{};
  return is_control(character.code) ? 0 : character.size;
}

}  // namespace cloche
