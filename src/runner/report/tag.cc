#include "runner/report/tag.h"

#include <cstddef>
#include <iterator>

namespace cloche::runner {

namespace {

struct Row {
  Tag tag;
  std::string_view name;
  bool is_token;
};

// In the order of the enum, so that a tag's row is at its number.
constexpr Row kTags[] = {
    {Tag::describe, "DESCRIBE", true}, {Tag::it, "IT", true},
    {Tag::passed, "PASSED", true},     {Tag::failed, "FAILED", true},
    {Tag::error, "ERROR", true},       {Tag::completed_in, "COMPLETEDIN", true},
    {Tag::log, "LOG", true},           {Tag::tab, "TAB", true},
    {Tag::out, "OUT", true},           {Tag::prop, "PROP", true},
    {Tag::status, "STATUS", true},     {Tag::skipped, "SKIPPED", true},
    {Tag::sync, "SYNC", false},        {Tag::end, "END", false},
    {Tag::value, "VALUE", false},      {Tag::no_value, "NOVALUE", false},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kTags); ++i)
    if (static_cast<std::size_t>(kTags[i].tag) != i) return false;
  return std::size(kTags) == static_cast<std::size_t>(Tag::no_value) + 1;
}
static_assert(in_order());

}  // namespace

std::string_view name_of(Tag tag) {
  return kTags[static_cast<std::size_t>(tag)].name;
}

std::optional<Tag> tag_named(std::string_view name) {
  for (const Row& row : kTags)
    if (row.name == name) return row.tag;
  return std::nullopt;
}

bool is_token(Tag tag) {
  return kTags[static_cast<std::size_t>(tag)].is_token;
}

}  // namespace cloche::runner
