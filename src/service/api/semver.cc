#include "service/api/semver.h"

#include <algorithm>
#include <charconv>

namespace cloche::service {

namespace {

// A version whose last parts may be missing or "x".
struct Partial {
  SemVer version;
  std::size_t given = 0;  // how many parts are numbers
};

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

bool is_wild(std::string_view part) {
  return part == "x" || part == "X" || part == "*";
}

std::optional<Partial> parse_partial(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('v')) text.remove_prefix(1);
  Partial partial;
  bool wild = false;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t end = std::min(text.find('.'), text.size());
    const std::string_view part = text.substr(0, end);
    if (is_wild(part) || (part.empty() && i == 0)) {
      wild = true;
    } else {
      std::uint64_t& number = partial.version.parts[i];
      const auto [stop, error] = std::from_chars(part.begin(), part.end(), number);
      if (error != std::errc() || stop != part.end() || wild) return std::nullopt;
      partial.given = i + 1;
    }
    if (end == text.size()) return partial;
    text.remove_prefix(end + 1);
  }
  return std::nullopt;
}

// The first version that differs in the parts up to `part`.
SemVer next(SemVer version, std::size_t part) {
  ++version.parts[part];
  std::fill(version.parts.begin() + static_cast<std::ptrdiff_t>(part) + 1, version.parts.end(), 0);
  return version;
}

std::optional<SemVer> end_of(const Partial& partial) {
  if (partial.given == 0) return std::nullopt;
  return next(partial.version, partial.given - 1);
}

}  // namespace

std::string SemVer::text() const {
  return std::to_string(parts[0]) + "." + std::to_string(parts[1]) + "." + std::to_string(parts[2]);
}

std::optional<SemVer> parse_version(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  SemVer version;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [stop, error] = std::from_chars(text.begin(), text.end(), version.parts[i]);
    if (error != std::errc()) return i == 0 ? std::nullopt : std::optional(version);
    text.remove_prefix(static_cast<std::size_t>(stop - text.begin()));
    if (!text.starts_with('.')) break;
    text.remove_prefix(1);
  }
  return version;
}

std::optional<SemVerRange> SemVerRange::parse(std::string_view text) {
  SemVerRange range;
  for (;;) {
    const std::size_t end = std::min(text.find("||"), text.size());
    Span span;
    if (!parse_span(trimmed(text.substr(0, end)), span)) return std::nullopt;
    range.spans_.push_back(span);
    if (end == text.size()) return range;
    text.remove_prefix(end + 2);
  }
}

bool SemVerRange::parse_span(std::string_view text, Span& span) {
  if (const std::size_t dash = text.find(" - "); dash != text.npos) {
    const auto from = parse_partial(text.substr(0, dash));
    const auto to = parse_partial(text.substr(dash + 3));
    if (!from || !to) return false;
    span = {from->version, end_of(*to)};
    return true;
  }
  while (!text.empty()) {
    // Spaces may separate an operator from its version.
    const std::size_t version = text.find_first_not_of("<>=~^ \t");
    const std::size_t end = version == text.npos
                                ? text.size()
                                : std::min(text.find_first_of(" \t", version), text.size());
    if (!narrow(text.substr(0, end), span)) return false;
    text = trimmed(text.substr(end));
  }
  return true;
}

bool SemVerRange::narrow(std::string_view comparator, Span& span) {
  const std::size_t version = std::min(comparator.find_first_not_of("<>=~^"), comparator.size());
  const std::string_view sign = comparator.substr(0, version);
  const auto partial = parse_partial(comparator.substr(version));
  if (!partial) return false;
  SemVer from;
  std::optional<SemVer> below;
  if (sign.empty() || sign == "=") {
    from = partial->version;
    below = end_of(*partial);
  } else if (sign == ">=") {
    from = partial->version;
  } else if (sign == ">") {
    if (partial->given == 0) return false;
    from = *end_of(*partial);
  } else if (sign == "<") {
    below = partial->version;
  } else if (sign == "<=") {
    below = end_of(*partial);
  } else if (sign == "~" || sign == "~>") {
    from = partial->version;
    if (partial->given > 0) below = next(from, std::min<std::size_t>(partial->given - 1, 1));
  } else if (sign == "^") {
    from = partial->version;
    // The range ends at the next change of the first part that is not 0.
    std::size_t part = 0;
    while (part + 1 < partial->given && from.parts[part] == 0) ++part;
    if (partial->given > 0) below = next(from, part);
  } else {
    return false;
  }
  span.from = std::max(span.from, from);
  if (below) span.below = span.below ? std::min(*span.below, *below) : *below;
  return true;
}

bool SemVerRange::allows(const SemVer& version) const {
  return std::any_of(spans_.begin(), spans_.end(), [&](const Span& span) {
    return version >= span.from && (!span.below || version < *span.below);
  });
}

}  // namespace cloche::service
