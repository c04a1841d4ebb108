// Text that may hold any bytes, read as UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cloche {

// A character and how many bytes it takes.
struct Character {
  char32_t code = 0;
  std::size_t size = 0;  // 1 to 4; 0: the bytes are no UTF-8 character
};

// The character that begins at `at`, which is below text.size(). No overlong forms, no surrogates.
Character character_at(std::string_view text, std::size_t at);

// The length of the longest beginning of `bytes` that has at most `most` bytes and does not end
// inside of a character.
std::size_t whole_characters(std::string_view bytes, std::size_t most);

// The text with U+FFFD in place of each byte that belongs to no character, of each incomplete
// character, and of each encoded surrogate. At most three times as long as `text`.
std::string repaired_utf8(std::string_view text);

}  // namespace cloche
