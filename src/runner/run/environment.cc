#include "runner/run/environment.h"

#include <algorithm>

namespace cloche::runner {

namespace {

std::string name_of(const std::string& entry) {
  return entry.substr(0, entry.find('='));
}

void put(std::vector<std::string>& list, const std::string& entry) {
  const std::string name = name_of(entry);
  const auto same = std::find_if(list.begin(), list.end(),
                                 [&](const std::string& other) { return name_of(other) == name; });
  if (same == list.end())
    list.push_back(entry);
  else
    *same = entry;
}

}  // namespace

std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& image,
                                           const std::vector<std::string>& step) {
  std::vector<std::string> merged = base;
  for (const std::string& entry : image) put(merged, entry);
  for (const std::string& entry : step) put(merged, entry);
  return merged;
}

}  // namespace cloche::runner
