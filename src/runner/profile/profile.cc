#include "runner/profile/profile.h"

#include <algorithm>

#include "runner/profile/refusal.h"

namespace cloche::runner {

namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : ", ") + item;
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

}  // namespace

const Version& Profile::find_version(const std::string& name) const {
  if (name.empty()) return versions.front();
  for (const Version& version : versions)
    if (version.version == name) return version;
  for (const Version& version : versions)
    if (contains(version.names, name)) return version;
  std::vector<std::string> known;
  for (const Version& version : versions) {
    known.push_back(version.version);
    if (!version.names.empty()) known.back() += " (or " + joined(version.names) + ")";
  }
  const std::string message = unknown_version.empty()
                                  ? title + " version " + name + " is not supported"
                                  : replaced(unknown_version, "${version}", name);
  throw Refusal("run " + language + " " + name, message,
                "versions of " + language + ": " + joined(known));
}

const Framework& Profile::find_framework(const std::string& name,
                                         const std::string& version) const {
  const auto fits = [&](const Framework& framework) {
    return framework.versions.empty() || contains(framework.versions, version);
  };
  for (const Framework& framework : frameworks)
    if (fits(framework) &&
        (name.empty() || framework.name == name || contains(framework.aliases, name)))
      return framework;
  for (const Framework& framework : frameworks)
    if (fits(framework) && framework.otherwise) return framework;
  std::vector<std::string> known;
  for (const Framework& framework : frameworks) {
    if (!fits(framework)) continue;
    known.push_back(framework.name);
    if (!framework.aliases.empty()) known.back() += " (or " + joined(framework.aliases) + ")";
  }
  throw Refusal("test " + language + " " + version,
                "Test framework is not supported" + (name.empty() ? "" : ": " + name),
                known.empty() ? language + " has none"
                              : "frameworks of " + language + " " + version + ": " + joined(known));
}

}  // namespace cloche::runner
