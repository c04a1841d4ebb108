// Finds profiles by the names and aliases of languages.
#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "cloche/error.h"
#include "runner/profile/profile.h"
#include "util/file.h"
#include "util/json_node.h"
#include "util/nearest.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

// A name that may be part of a path below the directory of profiles.
bool is_plain_name(const std::string& name) {
  if (name.empty() || name.size() > 64 || name[0] == '.') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
           c == '+' || c == '#';
  });
}

// The text of a file, or nothing if there is no such file.
std::optional<std::string> read_if_there(const std::string& path) {
  try {
    return read_file(path);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::no_input) throw;
    return std::nullopt;
  }
}

[[noreturn]] void refuse_language(const std::string& name, const std::string& directory) {
  std::vector<std::string> names = profile_names(directory);
  std::string known;
  for (const std::string& other : names) known += (known.empty() ? "" : ", ") + other;
  if (name.empty())
    throw Error(ErrorKind::usage, "run code without a language", 0, "languages: " + known);
  for (Alias& alias : read_aliases(directory)) names.push_back(std::move(alias.name));
  throw Error(ErrorKind::usage, "find the language \"" + name + "\"", 0,
              "the nearest known is " + nearest_name(name, names) + "; languages: " + known);
}

}  // namespace

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

std::vector<Alias> parse_aliases(std::string_view json, const std::string& document) {
  const Json value = parse_json(json, document);
  std::vector<Alias> aliases;
  for (const auto& [name, node] : Node(value, document).members()) {
    if (!is_plain_name(name)) node.fail("this cannot be the name of a language");
    Alias alias{name, {}, {}};
    if (node.is_object()) {
      node.allow_only({"language", "version"});
      alias.version = node.at("version").text();
    }
    alias.language = (node.is_object() ? node.at("language") : node).text();
    if (!is_plain_name(alias.language)) node.fail("this cannot be the name of a language");
    aliases.push_back(std::move(alias));
  }
  return aliases;
}

std::vector<Alias> read_aliases(const std::string& directory) {
  const std::string path = directory + "/../aliases.json";
  const auto text = read_if_there(path);
  return text ? parse_aliases(*text, path) : std::vector<Alias>();
}

FoundProfile find_profile(const std::string& name, const std::string& directory) {
  if (!is_plain_name(name)) refuse_language(name, directory);
  const std::string path = directory + "/" + name + ".json";
  if (const auto text = read_if_there(path)) return {parse_profile(*text, path), {}};
  for (const Alias& alias : read_aliases(directory)) {
    if (alias.name != name) continue;
    const std::string file = directory + "/" + alias.language + ".json";
    return {parse_profile(read_file(file), file), alias.version};
  }
  refuse_language(name, directory);
}

}  // namespace cloche::runner
