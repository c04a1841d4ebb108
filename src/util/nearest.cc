#include "util/nearest.h"

#include <algorithm>
#include <numeric>

namespace cloche {

std::size_t edit_distance(std::string_view one, std::string_view other) {
  constexpr std::size_t kCompared = 60;
  one = one.substr(0, kCompared);
  other = other.substr(0, kCompared);
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t changed = diagonal + (one[i] == other[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string nearest_name(std::string_view wanted, const std::vector<std::string>& names) {
  const auto nearest = std::min_element(
      names.begin(), names.end(), [&](const std::string& one, const std::string& other) {
        return edit_distance(wanted, one) < edit_distance(wanted, other);
      });
  return nearest == names.end() ? std::string() : *nearest;
}

}  // namespace cloche
