#include "runner/report/clean.h"

#include "util/regex.h"

namespace cloche::runner {

namespace {

// All rules of one call share this many steps of the regular expressions: about 0.6 s.
constexpr std::uint64_t kBudget = 600'000'000;
constexpr std::size_t kShortestHidden = 12;

void append_replacement(std::string& cleaned, const std::string& replace, const std::string& text,
                        const Regex& match) {
  for (std::size_t i = 0; i < replace.size(); ++i) {
    const char next = i + 1 < replace.size() ? replace[i + 1] : '\0';
    if (replace[i] != '$' || (next != '$' && next != '&' && (next < '1' || next > '9'))) {
      cleaned += replace[i];
      continue;
    }
    ++i;
    if (next == '$') {
      cleaned += '$';
      continue;
    }
    const auto group = match.group(next == '&' ? 0 : static_cast<std::uint32_t>(next - '0'));
    if (group) cleaned.append(text, group->begin, group->end - group->begin);
  }
}

std::string apply(const CleanRule& rule, std::string text, RegexBudget& budget) {
  Regex regex(rule.match);
  std::string cleaned;
  std::size_t done = 0;   // copied up to here
  std::size_t start = 0;  // the next match begins here or later
  bool any = false;
  while (start <= text.size() && regex.find(text, start, budget)) {
    any = true;
    const Regex::Span match = *regex.group(0);
    cleaned.append(text, done, match.begin - done);
    append_replacement(cleaned, rule.replace, text, regex);
    done = match.end;
    // An empty match must not be found again.
    start = match.end > match.begin ? match.end : match.end + 1;
  }
  if (!any) return text;
  if (done < text.size()) cleaned.append(text, done);
  return cleaned;
}

}  // namespace

std::string clean(std::string text, const std::vector<CleanRule>& rules) {
  if (text.empty()) return text;
  RegexBudget budget{kBudget};
  for (const CleanRule& rule : rules) text = apply(rule, std::move(text), budget);
  return text;
}

std::string hide(std::string text, const std::vector<std::string>& hidden) {
  for (const std::string& secret : hidden) {
    if (secret.size() < kShortestHidden) continue;
    const auto at = text.find(secret);
    if (at != std::string::npos) text.erase(at, secret.size());
  }
  return text;
}

}  // namespace cloche::runner
