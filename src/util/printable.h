// Text from outside, made safe to show to people.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloche {

// How many bytes from `at` on are a character that a terminal shows where it is; 0 if they are
// none: no UTF-8, or a control character, also of the second set (U+0080 to U+009F), or one that
// changes the direction of what follows.
std::size_t printable_at(std::string_view text, std::size_t at);

}  // namespace cloche
