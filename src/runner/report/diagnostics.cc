#include "runner/report/diagnostics.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "util/regex.h"

namespace cloche::runner {

namespace {

// All patterns of one call share this many steps of the regular expressions: about 0.6 s.
constexpr std::uint64_t kDiagnosticsBudget = 600'000'000;

struct Change {
  Regex::Span span;
  std::string text;
};

const SourcePart* part_at(const std::vector<SourcePart>& parts, std::string_view path,
                          std::uint64_t line) {
  for (const std::string_view prefix : {"/workspace/", "./"})
    if (path.starts_with(prefix)) path.remove_prefix(prefix.size());
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const SourcePart& part) {
    return part.path == path && line >= part.first && line - part.first < part.lines;
  });
  return found == parts.end() ? nullptr : &*found;
}

// The changes that one match makes, in the order of the text.
std::vector<Change> changes_of(const Regex& match, std::string_view text,
                               const std::vector<SourcePart>& parts) {
  const auto file = match.group(match.group_named("file").value_or(0));
  const auto line = match.group(match.group_named("line").value_or(0));
  if (!file || !line) return {};
  const auto in = [&](const Regex::Span& span) {
    return text.substr(span.begin, span.end - span.begin);
  };
  std::uint64_t number = 0;
  const std::string_view digits = in(*line);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  const SourcePart* part = part_at(parts, in(*file), number);
  if (part == nullptr) return {};
  std::vector<Change> changes = {{*file, part->name},
                                 {*line, std::to_string(number - part->first + 1)}};
  if (changes[1].span.begin < changes[0].span.begin) std::swap(changes[0], changes[1]);
  if (changes[1].span.begin < changes[0].span.end) return {};
  return changes;
}

std::string apply_pattern(const std::string& pattern, std::string text, RegexBudget& budget,
                          const std::vector<SourcePart>& parts) {
  Regex regex(pattern);
  std::string named;
  std::size_t done = 0;   // copied up to here
  std::size_t start = 0;  // the next match begins here or later
  while (start <= text.size() && regex.find(text, start, budget)) {
    for (const Change& change : changes_of(regex, text, parts)) {
      named.append(text, done, change.span.begin - done);
      named += change.text;
      done = change.span.end;
    }
    const Regex::Span match = *regex.group(0);
    // After an empty match, move on, or the same match would be found again.
    start = std::max(match.end > match.begin ? match.end : match.end + 1, done);
  }
  if (done == 0) return text;
  return named.append(text, done);
}

}  // namespace

std::string name_user_lines(std::string text, const std::vector<std::string>& patterns,
                            const std::vector<SourcePart>& parts) {
  if (text.empty() || parts.empty()) return text;
  RegexBudget budget{kDiagnosticsBudget};
  for (const std::string& pattern : patterns)
    text = apply_pattern(pattern, std::move(text), budget, parts);
  return text;
}

}  // namespace cloche::runner
