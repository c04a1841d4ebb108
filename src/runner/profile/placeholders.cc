#include "runner/profile/placeholders.h"

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
  if (condition.empty()) return true;
  if (condition[0] == '!') return text(condition.substr(1)).empty();
  return !text(condition).empty();
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
