// Listings of languages, versions and frameworks.
#include "cloche/runner.h"
#include "runner/profile/profile.h"
#include "util/file.h"

namespace cloche::runner {

std::vector<std::string> language_names() {
  return profile_names(profile_directory());
}

std::vector<LanguageInfo> languages() {
  const std::string directory = profile_directory();
  const std::vector<Alias> aliases = read_aliases(directory);
  std::vector<LanguageInfo> list;
  for (const std::string& name : profile_names(directory)) {
    const std::string path = directory + "/" + name + ".json";
    const Profile profile = parse_profile(read_file(path), path);
    LanguageInfo info;
    info.name = profile.language;
    info.title = profile.title;
    for (const Alias& alias : aliases)
      if (alias.language == name) info.aliases.push_back(alias.name);
    for (const Version& version : profile.versions)
      info.versions.push_back({version.version, version.names, version.image});
    for (const Framework& framework : profile.frameworks)
      info.frameworks.push_back({framework.name, framework.aliases});
    info.calls = profile.call.has_value();
    list.push_back(std::move(info));
  }
  return list;
}

}  // namespace cloche::runner
