// Reads JSON documents. Errors name the place of a mistake.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "util/json.h"

namespace cloche {

// A place in a text, both counted from 1; `column` counts bytes.
struct TextPosition {
  std::size_t line, column;
};
// The position of the byte at `offset`, or of the text's end if that comes first.
TextPosition position_in(std::string_view text, std::size_t offset);

// The deepest nesting of a document. Reading and printing a value recurse.
inline constexpr std::size_t kMostJsonNesting = 64;

// Throws Error bad_data that names `document` and the line and column of the mistake. A value that
// is nested deeper than `most_nesting` is refused before it is parsed.
Json parse_json(std::string_view text, const std::string& document,
                std::size_t most_nesting = kMostJsonNesting);

// A value of a document and its place (a JSON pointer), which errors name. Does not own the value.
class Node {
 public:
  Node(const Json& value, const std::string& document, std::string pointer = {})
      : value_(&value), document_(&document), pointer_(std::move(pointer)) {}

  // Throws Error bad_data: "read DOCUMENT: at POINTER: PROBLEM".
  [[noreturn]] void fail(const std::string& problem) const;

  const Json& json() const { return *value_; }
  bool is_string() const { return value_->is_string(); }
  bool is_object() const { return value_->is_object(); }

  // Each of these fails unless the value has the type.
  const std::string& text() const;
  bool boolean() const;
  std::uint64_t positive() const;  // an integer above 0
  std::vector<Node> elements() const;
  std::vector<std::pair<std::string, Node>> members() const;
  std::vector<std::string> texts() const;  // an array of strings

  // Of objects.
  void allow_only(std::initializer_list<std::string_view> keys) const;
  std::optional<Node> find(std::string_view key) const;
  Node at(std::string_view key) const;

 private:
  const Json* value_;
  const std::string* document_;
  std::string pointer_;
};

}  // namespace cloche
