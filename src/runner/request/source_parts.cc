#include "runner/request/source_parts.h"

#include <algorithm>

namespace cloche::runner {

std::vector<SourcePart> source_parts(const std::string& path, const std::string& text,
                                     const Values& values, const std::string& extension) {
  std::vector<SourcePart> parts;
  std::uint64_t line = 1;
  walk(text, values, [&](const std::string& name, std::string_view piece) {
    const auto breaks = static_cast<std::uint64_t>(std::count(piece.begin(), piece.end(), '\n'));
    if (!piece.empty() && (name == "setup" || name == "solution" || name == "fixture"))
      parts.push_back({path, line, breaks + (piece.back() == '\n' ? 0 : 1),
                       extension.empty() ? name : name + "." + extension});
    line += breaks;
  });
  return parts;
}

}  // namespace cloche::runner
