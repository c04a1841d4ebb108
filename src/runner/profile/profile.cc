#include "runner/profile/profile.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "cloche/error.h"
#include "runner/profile/refusal.h"
#include "util/file.h"
#include "util/paths.h"

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

// A name that may be part of a path below the directory of profiles.
bool is_plain_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '+' || c == '#';
  });
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at != std::string::npos) text.replace(at, what.size(), by);
  return text;
}

// Whether the text of a profile holds a name in quotes. This is cheaper than parsing every profile.
bool mentions(const std::string& text, const std::string& name) {
  return text.find("\"" + name + "\"") != std::string::npos;
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

std::string profile_directory() {
  return data_path("profiles/languages");
}

std::vector<std::string> profile_names(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::opendir(directory.c_str()), &::closedir);
  if (!entries) throw Error(ErrorKind::no_input, "open the directory " + directory, errno);
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string file = entry->d_name;
    if (file.size() > 5 && file[0] != '.' && file.ends_with(".json"))
      names.push_back(file.substr(0, file.size() - 5));
  }
  std::sort(names.begin(), names.end());
  return names;
}

FoundProfile find_profile(const std::string& name, const std::string& directory) {
  if (is_plain_name(name)) {
    const std::string path = directory + "/" + name + ".json";
    std::string text;
    bool exists = true;
    try {
      text = read_file(path);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::no_input) throw;
      exists = false;
    }
    if (exists) return {parse_profile(text, path), {}};
    for (const std::string& other : profile_names(directory)) {
      const std::string file = directory + "/" + other + ".json";
      text = read_file(file);
      if (!mentions(text, name)) continue;
      Profile profile = parse_profile(text, file);
      for (const Alias& alias : profile.aliases)
        if (alias.name == name) return {std::move(profile), alias.version};
    }
  }
  throw Error(ErrorKind::usage,
              name.empty() ? "run code without a language" : "find the language \"" + name + "\"",
              0, "languages: " + joined(profile_names(directory)));
}

}  // namespace cloche::runner
