#include "util/json_node.h"

#include <algorithm>

#include "cloche/error.h"
#include "util/nearest.h"

namespace cloche {

namespace {

// nlohmann's own message repeats the position and begins with its error number.
std::string mistake(const std::string& message) {
  const auto colon = message.find(": ", message.find("] "));
  const std::string text = colon == std::string::npos ? message : message.substr(colon + 2);
  return text.substr(0, 300);
}

const char* type_name(const Json& value) {
  if (value.is_boolean()) return "true or false";
  if (value.is_number()) return "a number";
  if (value.is_string()) return "a string";
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return "null";
}

// The place of the bracket that nests a text too deep. Nothing if there is none. Brackets within
// strings count for nothing.
std::optional<std::size_t> too_deep(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (c == '\\') ++at;
    } else if (c == '[' || c == '{') {
      if (++depth > most) return at;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return std::nullopt;
}

// "line 2, column 7".
std::string position(std::string_view text, std::size_t at) {
  const auto [line, column] = position_in(text, at);
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace

TextPosition position_in(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(text.size(), offset));
  const std::size_t newline = before.rfind('\n');
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          newline == std::string_view::npos ? before.size() + 1 : before.size() - newline};
}

Json parse_json(std::string_view text, const std::string& document, std::size_t most_nesting) {
  if (const auto at = too_deep(text, most_nesting))
    throw Error(ErrorKind::bad_data, "parse " + document + ": " + position(text, *at) +
                                         ": nested more than " + std::to_string(most_nesting) +
                                         " deep");
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    // `byte` counts from 1 and points at the last byte read.
    const std::size_t last = std::min(text.size(), error.byte == 0 ? 0 : error.byte - 1);
    throw Error(ErrorKind::bad_data,
                "parse " + document + ": " + position(text, last) + ": " + mistake(error.what()));
  } catch (const Json::out_of_range& error) {
    throw Error(ErrorKind::bad_data, "parse " + document + ": " + mistake(error.what()));
  }
}

void Node::fail(const std::string& problem) const {
  throw Error(ErrorKind::bad_data, "read " + *document_ + ": at " +
                                       (pointer_.empty() ? "the top" : pointer_) + ": " + problem);
}

const std::string& Node::text() const {
  if (!value_->is_string()) fail(std::string("a string is wanted, not ") + type_name(*value_));
  return value_->get_ref<const std::string&>();
}

bool Node::boolean() const {
  if (!value_->is_boolean())
    fail(std::string("true or false is wanted, not ") + type_name(*value_));
  return value_->get<bool>();
}

std::uint64_t Node::positive() const {
  if (!value_->is_number_unsigned() || value_->get<std::uint64_t>() == 0)
    fail("an integer above 0 is wanted");
  return value_->get<std::uint64_t>();
}

std::vector<Node> Node::elements() const {
  if (!value_->is_array()) fail(std::string("an array is wanted, not ") + type_name(*value_));
  std::vector<Node> nodes;
  for (std::size_t index = 0; index < value_->size(); ++index)
    nodes.emplace_back((*value_)[index], *document_, pointer_ + "/" + std::to_string(index));
  return nodes;
}

std::vector<std::pair<std::string, Node>> Node::members() const {
  if (!value_->is_object()) fail(std::string("an object is wanted, not ") + type_name(*value_));
  std::vector<std::pair<std::string, Node>> nodes;
  for (auto member = value_->begin(); member != value_->end(); ++member)
    nodes.emplace_back(member.key(), Node(*member, *document_, pointer_ + "/" + member.key()));
  return nodes;
}

std::vector<std::string> Node::texts() const {
  std::vector<std::string> list;
  for (const Node& element : elements()) list.push_back(element.text());
  return list;
}

void Node::allow_only(std::initializer_list<std::string_view> keys) const {
  for (const auto& [key, node] : members()) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
    const std::vector<std::string> names(keys.begin(), keys.end());
    std::string known;
    for (const std::string& name : names) known += (known.empty() ? "" : ", ") + name;
    node.fail("unknown key (the nearest known is \"" + nearest_name(key, names) +
              "\"; known here: " + known + ")");
  }
}

std::optional<Node> Node::find(std::string_view key) const {
  if (!value_->is_object()) fail(std::string("an object is wanted, not ") + type_name(*value_));
  const auto member = value_->find(std::string(key));
  if (member == value_->end()) return std::nullopt;
  return Node(*member, *document_, pointer_ + "/" + std::string(key));
}

Node Node::at(std::string_view key) const {
  auto node = find(key);
  if (!node) fail("the key \"" + std::string(key) + "\" is missing");
  return *node;
}

}  // namespace cloche
