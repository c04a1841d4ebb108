// The target of a request: RFC 9112, 3.2, in origin form.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloche::service {

struct Target {
  std::string path;  // percent-encoding resolved
  std::vector<std::pair<std::string, std::string>> query;

  // The value of the first parameter of that name; empty if there is none.
  std::optional<std::string> parameter(std::string_view name) const;
};

// Nothing for an invalid target: one that does not begin with a slash, has broken percent-encoding,
// or has control characters.
std::optional<Target> parse_target(std::string_view text);

}  // namespace cloche::service
