// Regular expressions whose work is bounded.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cloche {

// The steps that searches may still take together. A step is about a nanosecond.
struct RegexBudget {
  std::uint64_t left = 0;
  // A search stopped because nothing was left.
  bool exhausted = false;
};

// A regular expression as PCRE2 reads it, on bytes. `$` is the end of the text, as in ECMAScript.
class Regex {
 public:
  // Throws Error bad_data, which names the pattern and the character.
  explicit Regex(const std::string& pattern);
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  // Finds the first match that begins at `start` or later. False if there is none, or if the
  // budget or 64 MiB of memory for backtracking do not suffice.
  bool find(std::string_view text, std::size_t start, RegexBudget& budget);

  // A part of the text.
  struct Span {
    std::size_t begin, end;
  };
  // Of the last match: group 0 is the whole. Nothing for a group that did not take part.
  std::optional<Span> group(std::uint32_t number) const;
  // The number of the group "(?<name>...)". Nothing if the pattern has none.
  std::optional<std::uint32_t> group_named(const char* name) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace cloche
