#define PCRE2_CODE_UNIT_WIDTH 8
#include "runner/report/clean.h"

#include <pcre2.h>

#include <memory>

#include "cloche/error.h"

namespace cloche::runner {

namespace {

// Steps that one call may take. A step is about a nanosecond.
constexpr std::uint64_t kBudget = 600'000'000;
constexpr std::uint64_t kStepsPerItem = 16;
// Memory that one match may use for backtracking, in KiB.
constexpr std::uint32_t kHeapKib = 64 * 1024;
constexpr std::size_t kShortestHidden = 12;

template <auto function>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    function(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, Deleter<&pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Deleter<&pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Deleter<&pcre2_match_context_free>>;

// The steps that the rules of one call have used so far.
struct Meter {
  std::uint64_t used = 0;
  std::size_t position = 0;
};

// PCRE2 limits a match per starting point, but a text has many starting points. PCRE2 calls this
// function at each item of the pattern and also counts how far the match went between two items.
int on_item(pcre2_callout_block* block, void* data) {
  Meter& meter = *static_cast<Meter*>(data);
  const std::size_t here = block->current_position;
  meter.used +=
      kStepsPerItem + (here > meter.position ? here - meter.position : meter.position - here);
  meter.position = here;
  return meter.used > kBudget ? PCRE2_ERROR_CALLOUT : 0;
}

PCRE2_SPTR units(const std::string& text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

Code compile(const std::string& pattern) {
  int error = 0;
  std::size_t offset = 0;
  Code code(pcre2_compile(units(pattern), pattern.size(), PCRE2_AUTO_CALLOUT | PCRE2_DOLLAR_ENDONLY,
                          &error, &offset, nullptr));
  if (code) return code;
  unsigned char words[128] = "";
  pcre2_get_error_message(error, words, sizeof words);
  throw Error(ErrorKind::bad_data, "read the regular expression \"" + pattern + "\" at character " +
                                       std::to_string(offset) + ": " +
                                       reinterpret_cast<const char*>(words));
}

void append_replacement(std::string& cleaned, const std::string& replace, const std::string& text,
                        const std::size_t* groups, std::uint32_t count) {
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
    const std::uint32_t group = next == '&' ? 0 : static_cast<std::uint32_t>(next - '0');
    if (group < count && groups[2 * group] != PCRE2_UNSET)
      cleaned.append(text, groups[2 * group], groups[2 * group + 1] - groups[2 * group]);
  }
}

std::string apply(const CleanRule& rule, std::string text, Meter& meter) {
  const Code code = compile(rule.match);
  const MatchData match(pcre2_match_data_create_from_pattern(code.get(), nullptr));
  const MatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_callout(context.get(), &on_item, &meter);
  pcre2_set_heap_limit(context.get(), kHeapKib);
  std::string cleaned;
  std::size_t done = 0;   // copied up to here
  std::size_t start = 0;  // the next match begins here or later
  bool any = false;
  while (start <= text.size()) {
    meter.position = start;
    const int found =
        pcre2_match(code.get(), units(text), text.size(), start, 0, match.get(), context.get());
    if (found <= 0) break;
    any = true;
    const std::size_t* groups = pcre2_get_ovector_pointer(match.get());
    cleaned.append(text, done, groups[0] - done);
    append_replacement(cleaned, rule.replace, text, groups, pcre2_get_ovector_count(match.get()));
    done = groups[1];
    // After an empty match, move on, or the same match would be found again.
    start = groups[1] > groups[0] ? groups[1] : groups[1] + 1;
  }
  if (!any) return text;
  if (done < text.size()) cleaned.append(text, done);
  return cleaned;
}

}  // namespace

std::string clean(std::string text, const std::vector<CleanRule>& rules) {
  if (text.empty()) return text;
  Meter meter;
  for (const CleanRule& rule : rules) text = apply(rule, std::move(text), meter);
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
