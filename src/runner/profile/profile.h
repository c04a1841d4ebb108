// Language profiles: how each language is laid out, compiled, run and tested, as data
// (docs/profiles.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloche/sandbox.h"

namespace cloche::runner {

// "NAME" holds if the placeholder of that name is not empty, "!NAME" if it is. Empty always holds.
using Condition = std::string;

// A piece of an argv: words that apply under a condition, or once for each item of an option.
struct Words {
  Condition condition;
  std::string each;  // the name of an option with several values; ${item} is one of them
  std::vector<std::string> words;
};

struct StepTemplate {
  Condition condition;
  std::vector<Words> argv;
  std::map<std::string, std::string> environment;
};

struct FileTemplate {
  std::string path;
  std::string text;
  Condition condition;
};

struct CleanRule {
  std::string match;  // a regular expression as PCRE2 reads it
  std::string replace;
};
struct Clean {
  std::vector<CleanRule> out, err;
  std::vector<std::string> hide;  // "setup", "solution", "fixture": texts taken out once
};

struct Mode {
  std::vector<FileTemplate> files;
  std::vector<StepTemplate> compile;
  StepTemplate run;
  std::optional<StepTemplate> project;  // instead of `run`
  bool reporter = false;
  bool warm = false;  // `run` can be started before its request: docs/adapters.md
  std::optional<Clean> clean;
  bool named_arguments = false;  // of a call
};

struct Framework {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<std::string> versions;  // only for these; empty for all
  bool otherwise = false;             // applies to every framework name that is not known
  Mode mode;
};

struct Version {
  std::string version;
  std::vector<std::string> names;
  std::string image;
  std::map<std::string, std::string> variables;
  // Values that replace `variables` on an image that the request names: its programs may have other
  // names.
  std::map<std::string, std::string> elsewhere;
  std::map<std::string, std::string> environment;
};

// Another name of the language. It may stand for one of the versions.
struct Alias {
  std::string name;
  std::string version;
};

struct Profile {
  std::string language, title, extension;
  std::vector<Alias> aliases;
  std::vector<Version> versions;
  std::string unknown_version;  // the message, with ${version}
  std::map<std::string, std::string> environment;
  // The limits of the last step. The setup script and the compile steps have the same limits,
  // except for the wall time.
  Limits run_limits;
  std::chrono::milliseconds compile_wall{30000};
  Mode run;
  std::optional<Mode> call;
  std::vector<Framework> frameworks;
  Clean clean;
  std::string output_type = "pre";

  // Throws Error usage that lists the versions. An empty name gives the default.
  const Version& find_version(const std::string& name) const;
  // Throws Error usage that lists the frameworks. An empty name gives the default. `version` is as
  // in Version::version.
  const Framework& find_framework(const std::string& name, const std::string& version) const;
};

// Reads one profile. `document` names it in errors. Throws Error bad_data.
Profile parse_profile(std::string_view json, const std::string& document);

// A profile, and the version that the requested name implies (usually none).
struct FoundProfile {
  Profile profile;
  std::string implied_version;
};

// The profile of a language name or alias. A name needs one file to be read, an alias may need
// several. Throws Error: usage that lists the languages, bad_data.
FoundProfile find_profile(const std::string& name, const std::string& directory);

// data_path("profiles/languages").
std::string profile_directory();

// The names of the profiles in a directory, sorted.
std::vector<std::string> profile_names(const std::string& directory);

}  // namespace cloche::runner
