// Checks whether text from outside is safe to show to people.
#pragma once

#include <cstddef>
#include <string_view>

namespace cloche {

// The number of bytes at `at` that form a character which a terminal shows in place. 0 if they form
// none: no UTF-8, a control character, also one of U+0080 to U+009F, or one that changes the
// direction of the text after it.
std::size_t printable_at(std::string_view text, std::size_t at);

}  // namespace cloche
