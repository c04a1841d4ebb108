// JSON kept as text: no number type of this program holds what Python and Ruby write.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cloche {

// How deep arguments and values of calls may be nested: those who read them are often recursive.
inline constexpr unsigned kMostNesting = 500;

// The value without white space between its parts. Nothing if the text is not one JSON value as
// RFC 8259 has it, in UTF-8 and without halves of surrogate pairs, or nested more than
// kMostNesting.
std::optional<std::string> compact_json(std::string_view text);

// The text of a member of an object; of several of that name the last, as everywhere here. Nothing
// if the text is no object or has no such member.
std::optional<std::string_view> member_text(std::string_view object, std::string_view name);

}  // namespace cloche
