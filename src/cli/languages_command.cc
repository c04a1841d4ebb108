#include "cli/languages_command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "cloche/runner.h"
#include "util/file.h"
#include "util/json.h"

namespace cloche::cli {

namespace {

using runner::FrameworkInfo;
using runner::LanguageInfo;
using runner::VersionInfo;

struct Settings {
  bool json = false;
  std::string names;  // the kind of names to list for completion, one a line
  std::string language;
};

std::string joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& item : list) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// A list of names, cut so that further columns have room.
std::string shortened(const std::vector<std::string>& list) {
  constexpr std::size_t kMost = 6;
  if (list.size() <= kMost) return joined(list);
  return joined({list.begin(), list.begin() + kMost}) + ", …";
}

// The width of a text in columns. Profiles hold only characters that are one column wide.
std::size_t width(const std::string& text) {
  std::size_t count = 0;
  for (const char c : text)
    if ((c & 0xc0) != 0x80) ++count;
  return count;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i)
      line += row[i] + std::string(widths[i] + 2 - width(row[i]), ' ');
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string listing(const std::vector<LanguageInfo>& languages, const image::Store& store) {
  std::vector<std::vector<std::string>> rows = {
      {"LANGUAGE", "VERSION", "ALSO", "FRAMEWORKS", "IMAGE", ""}};
  for (const LanguageInfo& language : languages) {
    std::vector<std::string> frameworks;
    for (const FrameworkInfo& framework : language.frameworks) frameworks.push_back(framework.name);
    bool first = true;
    for (const VersionInfo& version : language.versions) {
      rows.push_back({first ? language.name : "", version.version, shortened(version.names),
                      first ? (frameworks.empty() ? "none" : joined(frameworks)) : "",
                      version.image, store.contains(version.image) ? "" : "(not built)"});
      first = false;
    }
  }
  return table(rows);
}

Json json_of(const LanguageInfo& language, const image::Store& store) {
  Json json;
  json["language"] = language.name;
  json["title"] = language.title;
  json["aliases"] = language.aliases;
  json["versions"] = Json::array();
  for (const VersionInfo& version : language.versions)
    json["versions"].push_back({{"version", version.version},
                                {"names", version.names},
                                {"image", version.image},
                                {"imagePresent", store.contains(version.image)}});
  json["calls"] = language.calls;
  json["frameworks"] = Json::array();
  for (const FrameworkInfo& framework : language.frameworks)
    json["frameworks"].push_back({{"name", framework.name}, {"aliases", framework.aliases}});
  return json;
}

bool is_called(const LanguageInfo& language, const std::string& name) {
  return language.name == name || std::find(language.aliases.begin(), language.aliases.end(),
                                            name) != language.aliases.end();
}

// The plain names for shell completion, of one language or of all.
std::string names(const std::vector<LanguageInfo>& languages, const Settings& settings) {
  std::set<std::string> found;
  for (const LanguageInfo& language : languages) {
    if (!settings.language.empty() && !is_called(language, settings.language)) continue;
    if (settings.names == "languages") {
      found.insert(language.name);
      found.insert(language.aliases.begin(), language.aliases.end());
    }
    for (const VersionInfo& version : language.versions) {
      if (settings.names == "images") found.insert(version.image);
      if (settings.names != "versions") continue;
      found.insert(version.version);
      found.insert(version.names.begin(), version.names.end());
    }
    for (const FrameworkInfo& framework : language.frameworks) {
      if (settings.names != "frameworks") continue;
      found.insert(framework.name);
      found.insert(framework.aliases.begin(), framework.aliases.end());
    }
  }
  std::string text;
  for (const std::string& name : found) text += name + "\n";
  return text;
}

int run(const Settings& settings) {
  const std::vector<LanguageInfo> languages = runner::languages();
  std::string text;
  if (!settings.names.empty()) {
    text = names(languages, settings);
  } else {
    const image::Store store = image::Store::open_default();
    if (settings.json) {
      Json list = Json::array();
      for (const LanguageInfo& language : languages) list.push_back(json_of(language, store));
      text = list.dump(2) + "\n";
    } else {
      text = listing(languages, store);
    }
  }
  write_all(STDOUT_FILENO, text, "standard output");
  return 0;
}

}  // namespace

void add_languages_command(CLI::App& app, std::function<int()>& action) {
  auto settings = std::make_shared<Settings>();
  CLI::App* command =
      app.add_subcommand("languages", "List languages, their versions, test frameworks and images");
  command->add_flag("--json", settings->json, "As JSON");
  // An empty group hides an option from --help.
  command->add_option("--names", settings->names)
      ->check(CLI::IsMember({"languages", "versions", "frameworks", "images"}))
      ->group("");
  command->add_option("--of", settings->language)->group("");
  command->callback([settings, &action] { action = [settings] { return run(*settings); }; });
}

}  // namespace cloche::cli
