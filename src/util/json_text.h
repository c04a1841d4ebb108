// JSON kept as text: Python and Ruby write numbers that no number type of C++ holds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cloche {

// The deepest nesting of arguments and values of calls: many JSON readers are recursive.
inline constexpr unsigned kMostNesting = 500;

// The value without white space between its parts. Nothing if the text is not one JSON value as
// RFC 8259 has it, in UTF-8 and without halves of surrogate pairs, or nested more than
// kMostNesting.
std::optional<std::string> compact_json(std::string_view text);

// The text of a member of an object; the last one if the name is repeated. Nothing
// if the text is no object or has no such member.
std::optional<std::string_view> member_text(std::string_view object, std::string_view name);

}  // namespace cloche
