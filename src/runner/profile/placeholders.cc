#include "runner/profile/placeholders.h"

#include <algorithm>

namespace cloche::runner {

namespace {

// Calls `plain` and `name` with the parts of a text in their order.
template <typename Plain, typename Name>
void split(std::string_view text, const Plain& plain, const Name& name) {
  std::size_t done = 0;
  for (;;) {
    const std::size_t open = text.find("${", done);
    const std::size_t close = open == text.npos ? text.npos : text.find('}', open);
    if (close == text.npos) break;
    if (open > done && text[open - 1] == '$') {
      plain(text.substr(done, open - 1 - done));
      plain("${");
      done = open + 2;
      continue;
    }
    plain(text.substr(done, open - done));
    name(text.substr(open + 2, close - open - 2));
    done = close + 1;
  }
  plain(text.substr(done));
}

}  // namespace

void Values::set_option(const std::string& name, std::vector<std::string> values) {
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
  texts_["options." + name] = std::move(joined);
  lists_["options." + name] = std::move(values);
}

void Values::add_file(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == path.npos || path.find('/', dot) != path.npos) return;
  lists_["files." + path.substr(dot + 1)].push_back(path);
}

const std::string& Values::text(const std::string& name) const {
  static const std::string none;
  const auto found = texts_.find(name);
  return found == texts_.end() ? none : found->second;
}

const std::vector<std::string>& Values::list(const std::string& name) const {
  static const std::vector<std::string> none;
  const auto found = lists_.find(name);
  return found == lists_.end() ? none : found->second;
}

bool Values::holds(const std::string& condition) const {
  for (const std::string& name : names_in(condition)) {
    const bool wants_empty = name.starts_with('!');
    if (text(wants_empty ? name.substr(1) : name).empty() != wants_empty) return false;
  }
  return true;
}

std::vector<std::string> names_in(std::string_view condition) {
  std::vector<std::string> names;
  std::size_t start = 0;
  while ((start = condition.find_first_not_of(' ', start)) != condition.npos) {
    const std::size_t end = std::min(condition.find(' ', start), condition.size());
    names.emplace_back(condition.substr(start, end - start));
    start = end;
  }
  return names;
}

std::vector<std::string> placeholders_in(std::string_view text) {
  std::vector<std::string> names;
  split(
      text, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

void walk(std::string_view text, const Values& values,
          const std::function<void(const std::string& name, std::string_view piece)>& piece) {
  static const std::string none;
  split(
      text, [&](std::string_view part) { piece(none, part); },
      [&](std::string_view found) {
        const std::string name(found);
        piece(name, values.text(name));
      });
}

std::string expand(std::string_view text, const Values& values) {
  std::string expanded;
  walk(text, values, [&](const std::string&, std::string_view piece) { expanded += piece; });
  return expanded;
}

}  // namespace cloche::runner
