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

std::vector<std::string> merge_environment(std::vector<std::string> base,
                                           const std::vector<std::string>& over) {
  for (const std::string& entry : over) put(base, entry);
  return base;
}

}  // namespace cloche::runner
