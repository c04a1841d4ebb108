#include "runner/request/code_names.h"

#include <algorithm>
#include <string>

#include "runner/profile/refusal.h"
#include "util/regex.h"

namespace cloche::runner {

namespace {

// The steps for one name: about 20 ms. A service makes plans on the thread that serves requests.
constexpr std::uint64_t kBudget = 20'000'000;
// A name becomes a part of paths.
constexpr std::size_t kLongestName = 200;

std::string shown_name(const std::string& name) {
  return name.substr(0, 100);
}

// The message of a profile, in which ${name} is the name that was found.
std::string name_message(std::string message, const std::string& name) {
  const std::string place = "${name}";
  if (const auto at = message.find(place); at != message.npos)
    message.replace(at, place.size(), shown_name(name));
  return message;
}

[[noreturn]] void refuse_name(const CodeName& rule, const std::string& message,
                              const std::string& name, const std::string& hint) {
  throw Refusal("take the " + rule.name + " from the " + rule.from, name_message(message, name),
                hint);
}

bool is_valid(const CodeName& rule, const std::string& name) {
  if (name.empty() || name.size() > kLongestName || name.find('\0') != name.npos) return false;
  if (rule.valid.empty()) return true;
  RegexBudget budget{kBudget};
  return Regex("\\A(?:" + rule.valid + ")\\z").find(name, 0, budget);
}

std::string find_name(const CodeName& rule, const std::string& text) {
  if (text.empty()) return rule.otherwise.value_or("");
  Regex regex(rule.match);
  RegexBudget budget{kBudget};
  if (!regex.find(text, 0, budget)) {
    if (budget.exhausted)
      refuse_name(rule, rule.error.empty() ? "The " + rule.name + " is not found" : rule.error, {},
                  "the search took too long: name it near the beginning of the " + rule.from);
    if (rule.otherwise) return *rule.otherwise;
    refuse_name(rule, rule.error, {}, "no part of the " + rule.from + " matches " + rule.match);
  }
  auto span = regex.group(1);
  if (!span) span = regex.group(0);
  const std::string name = text.substr(span->begin, span->end - span->begin);
  if (!is_valid(rule, name))
    refuse_name(rule, rule.error.empty() ? "The " + rule.name + " is not a name" : rule.error, name,
                "\"" + shown_name(name) + "\" is not valid");
  return name;
}

}  // namespace

void set_code_names(Values& values, const std::vector<CodeName>& names,
                    const std::set<std::string>& used) {
  for (const CodeName& rule : names) {
    const bool compared = std::any_of(names.begin(), names.end(), [&](const CodeName& other) {
      return other.unlike == rule.name && used.count(other.name) > 0;
    });
    if (used.count(rule.name) == 0 && !compared) continue;
    const std::string name = find_name(rule, values.text(rule.from));
    if (!rule.unlike.empty() && !name.empty() && name == values.text(rule.unlike))
      refuse_name(rule, rule.unlike_error, name, "both are called \"" + shown_name(name) + "\"");
    values.set(rule.name, name);
  }
}

}  // namespace cloche::runner
