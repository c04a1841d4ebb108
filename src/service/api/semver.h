// Versions and ranges of versions, as npm's clients write them (semver.org, and node-semver's
// ranges).
#pragma once

#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cloche::service {

// Three numbers. The missing ones of a shorter version are 0.
struct SemVer {
  std::array<std::uint64_t, 3> parts{};
  auto operator<=>(const SemVer&) const = default;
  std::string text() const;
};

// "3", "3.13", "3.13.5", "v3.13": the numbers at the beginning of the text. Empty if there are
// none.
std::optional<SemVer> parse_version(std::string_view text);

// "*", "3.x", "3.13", "=3.13.0", ">=2 <4", "^3.9", "~3.9", "2.7 - 3.9", several with "||".
class SemVerRange {
 public:
  // Empty for an invalid range.
  static std::optional<SemVerRange> parse(std::string_view text);
  bool allows(const SemVer& version) const;

 private:
  struct Span {
    SemVer from;                  // included
    std::optional<SemVer> below;  // not included; none: no upper end
  };
  static bool parse_span(std::string_view text, Span& span);
  static bool narrow(std::string_view comparator, Span& span);

  std::vector<Span> spans_;  // any of them
};

}  // namespace cloche::service
