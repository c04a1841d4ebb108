// UTF-8 as reporters should have sent it.
#pragma once

#include <string>
#include <string_view>

namespace cloche::runner {

// The length of the longest beginning of `bytes` that has at most `most` bytes and does not end
// inside of a character.
std::size_t whole_characters(std::string_view bytes, std::size_t most);

// Puts U+FFFD in place of each byte that belongs to no character, of each beginning of a character
// that breaks off, and of each surrogate that was encoded as if it were a character. At most three
// times as long as `bytes`.
std::string repaired(std::string bytes);

}  // namespace cloche::runner
