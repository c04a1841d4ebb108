#include "runner/request/request_values.h"

#include <algorithm>

namespace cloche::runner {

std::string scalar(const Node& node) {
  const Json& value = node.json();
  if (value.is_null()) return {};
  if (value.is_string()) return node.text();
  if (value.is_number() || value.is_boolean()) return value.dump();
  node.fail("a text is wanted");
}

bool is_scalar(const Node& node) {
  return node.json().is_primitive();
}

std::vector<std::string> list(const Node& node) {
  std::vector<std::string> items;
  if (node.json().is_array()) {
    for (const Node& element : node.elements()) items.push_back(scalar(element));
    return items;
  }
  const std::string text = scalar(node);
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    const std::size_t first = text.find_first_not_of(' ', start);
    if (first < comma)
      items.push_back(text.substr(first, text.find_last_not_of(' ', comma - 1) + 1 - first));
    start = comma + 1;
  }
  return items;
}

bool truth(const Node& node) {
  const Json& value = node.json();
  if (value.is_boolean()) return value.get<bool>();
  const std::string text = scalar(node);
  return !text.empty() && text != "0" && text != "false";
}

}  // namespace cloche::runner
