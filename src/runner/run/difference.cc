#include "runner/run/difference.h"

#include <algorithm>

namespace cloche::runner {

namespace {

// Takes the next line from `text`, without white space at its end.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  const std::size_t last = line.find_last_not_of(" \t\r\v\f");
  return line.substr(0, last == line.npos ? 0 : last + 1);
}

}  // namespace

std::size_t first_difference(std::string_view output, std::string_view expected) {
  for (std::size_t line = 1; !output.empty() || !expected.empty(); ++line)
    if (next_line(output) != next_line(expected)) return line;
  return 0;
}

}  // namespace cloche::runner
