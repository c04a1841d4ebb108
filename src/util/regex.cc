#define PCRE2_CODE_UNIT_WIDTH 8
#include "util/regex.h"

#include <pcre2.h>

#include <algorithm>

#include "cloche/error.h"

namespace cloche {

namespace {

constexpr std::uint64_t kStepsPerItem = 16;
// Memory that one match may use for backtracking, in KiB.
constexpr std::uint32_t kHeapKib = 64 * 1024;

template <auto function>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    function(pointer);
  }
};

// The steps of one search, which go off the budget.
struct Meter {
  RegexBudget& budget;
  std::size_t position;
};

// PCRE2 limits a match per starting point, and a text has many starting points. PCRE2 calls this at
// each item of the pattern and also counts how far the match went between two items.
int on_item(pcre2_callout_block* block, void* data) {
  Meter& meter = *static_cast<Meter*>(data);
  const std::size_t here = block->current_position;
  const std::uint64_t steps =
      kStepsPerItem + (here > meter.position ? here - meter.position : meter.position - here);
  meter.position = here;
  meter.budget.exhausted = steps > meter.budget.left;
  meter.budget.left -= std::min(steps, meter.budget.left);
  return meter.budget.exhausted ? PCRE2_ERROR_CALLOUT : 0;
}

PCRE2_SPTR units(const char* text) {
  return reinterpret_cast<PCRE2_SPTR>(text);
}

}  // namespace

struct Regex::Parts {
  std::unique_ptr<pcre2_code, Deleter<&pcre2_code_free>> code;
  std::unique_ptr<pcre2_match_data, Deleter<&pcre2_match_data_free>> match;
  std::unique_ptr<pcre2_match_context, Deleter<&pcre2_match_context_free>> context;
};

Regex::Regex(const std::string& pattern) : parts_(std::make_unique<Parts>()) {
  int error = 0;
  std::size_t offset = 0;
  parts_->code.reset(pcre2_compile(units(pattern.data()), pattern.size(),
                                   PCRE2_AUTO_CALLOUT | PCRE2_DOLLAR_ENDONLY, &error, &offset,
                                   nullptr));
  if (!parts_->code) {
    unsigned char words[128] = "";
    pcre2_get_error_message(error, words, sizeof words);
    throw Error(ErrorKind::bad_data, "read the regular expression \"" + pattern +
                                         "\" at character " + std::to_string(offset) + ": " +
                                         reinterpret_cast<const char*>(words));
  }
  parts_->match.reset(pcre2_match_data_create_from_pattern(parts_->code.get(), nullptr));
  parts_->context.reset(pcre2_match_context_create(nullptr));
  pcre2_set_heap_limit(parts_->context.get(), kHeapKib);
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;
Regex& Regex::operator=(Regex&&) noexcept = default;

bool Regex::find(std::string_view text, std::size_t start, RegexBudget& budget) {
  if (text.data() == nullptr) text = "";
  Meter meter{budget, start};
  pcre2_set_callout(parts_->context.get(), &on_item, &meter);
  return pcre2_match(parts_->code.get(), units(text.data()), text.size(), start, 0,
                     parts_->match.get(), parts_->context.get()) > 0;
}

std::optional<Regex::Span> Regex::group(std::uint32_t number) const {
  if (number >= pcre2_get_ovector_count(parts_->match.get())) return std::nullopt;
  const std::size_t* spans = pcre2_get_ovector_pointer(parts_->match.get());
  if (spans[2 * number] == PCRE2_UNSET) return std::nullopt;
  return Span{spans[2 * number], spans[2 * number + 1]};
}

std::optional<std::uint32_t> Regex::group_named(const char* name) const {
  const int number = pcre2_substring_number_from_name(parts_->code.get(), units(name));
  if (number <= 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace cloche
