// JSON kept as text: Python and Ruby write numbers that no number type of C++ can hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cloche {

// The deepest nesting of arguments and values of calls: many JSON readers are recursive.
inline constexpr unsigned kMostNesting = 500;

// The value without white space between its parts. Empty if the text is not exactly one JSON value
// of RFC 8259, is not UTF-8, has halves of surrogate pairs, or is nested more than kMostNesting
// deep.
std::optional<std::string> compact_json(std::string_view text);

// The text of a member of an object; the last one if the name is repeated. Empty if the text is no
// object or has no such member.
std::optional<std::string_view> member_text(std::string_view object, std::string_view name);

}  // namespace cloche
