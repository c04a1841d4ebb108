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

// The text with each byte that belongs to no character replaced by U+FFFD.
std::string repaired_utf8(std::string_view text);

}  // namespace cloche
