#include "runner/report/colours.h"

namespace cloche::runner {

std::size_t colour_sequence(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\x1b[") return 0;
  const std::size_t end = text.find_first_not_of("0123456789;", at + 2);
  return end != text.npos && end - at < 32 && text[end] == 'm' ? end + 1 - at : 0;
}

std::string without_colours(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = text[at] == '\x1b' ? colour_sequence(text, at) : 0;
    if (length == 0) plain += text[at];
    at += length == 0 ? 1 : length;
  }
  return plain;
}

}  // namespace cloche::runner
