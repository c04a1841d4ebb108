// Language profiles: how each language is laid out, compiled, run and tested, as data
// (docs/profiles.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloche/sandbox.h"

namespace cloche::runner {

// "NAME" holds if the placeholder of that name is not empty, "!NAME" if it is. Of several,
// separated by blanks, all must hold. Empty always holds.
using Condition = std::string;

// A piece of an argv: words that apply under a condition, or once for each item of a list.
struct Words {
  Condition condition;
  std::string each;  // "options.NAME" or "files.EXTENSION"; ${item} is one of its values
  std::vector<std::string> words;
};

struct StepTemplate {
  Condition condition;
  std::vector<Words> argv;
  std::map<std::string, std::string> environment;
};

struct FileTemplate {
  std::string path;
  std::string text;     // a template
  std::string adapter;  // instead: the file of this name in the directory of the adapter
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

// The limits of the steps of a mode.
struct ModeLimits {
  // Of the last step; the setup script and compile steps have the same but for what follows.
  Limits run;
  std::chrono::milliseconds compile_wall{30000};
  std::optional<std::uint64_t> compile_memory_bytes;  // otherwise that of the last step
};

struct Mode {
  std::vector<FileTemplate> files;
  std::vector<StepTemplate> compile;
  StepTemplate run;
  std::optional<StepTemplate> project;  // instead of `run`
  // Reports what the last step left in a file, after that step ended. It has the reporter's channel
  // in place of the last step.
  std::optional<StepTemplate> convert;
  bool reporter = false;
  bool warm = false;                  // `run` can be started before its request: docs/adapters.md
  std::vector<std::string> services;  // that it always has
  ModeLimits limits;
  std::optional<Clean> clean;
  bool named_arguments = false;        // of a call
  std::set<std::string> placeholders;  // the names of all that stand in the mode
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

// A name that is taken from the code, such as that of a public class.
struct CodeName {
  std::string name;   // of the placeholder
  std::string from;   // "setup", "solution" or "fixture"
  std::string match;  // its first group is the name, or the whole match if it has none
  std::string valid;  // an expression that the whole name has to match; empty for any
  std::optional<std::string> otherwise;  // where nothing matches
  std::string error;   // the message if the name is missing and has no default, or is not valid
  std::string unlike;  // another CodeName, which must have another value; empty for none
  std::string unlike_error;
};

struct Profile {
  std::string language, title, extension;
  std::string adapter;  // the name of a directory of adapters, for ${adapter}; empty for none
  std::vector<Version> versions;
  std::string unknown_version;  // the message, with ${version}
  std::map<std::string, std::string> environment;
  std::vector<CodeName> names;
  // Expressions with the groups "file" and "line", which find the places that compilers name.
  std::vector<std::string> diagnostics;
  std::vector<std::string> services;  // that a request may ask for
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

// Another name of a language, which may stand for one of its versions.
struct Alias {
  std::string name;
  std::string language;
  std::string version;  // empty for none
};

// Reads an index of aliases. `document` names it in errors. Throws Error bad_data.
std::vector<Alias> parse_aliases(std::string_view json, const std::string& document);

// The aliases of the languages whose profiles are in a directory, by name: aliases.json beside that
// directory, which need not exist. Throws Error bad_data.
std::vector<Alias> read_aliases(const std::string& directory);

// The profile of a language name or alias. A name reads one file, an alias two. Throws Error: usage
// that lists the languages, bad_data.
FoundProfile find_profile(const std::string& name, const std::string& directory);

// data_path("profiles/languages").
std::string profile_directory();

// The names of the profiles in a directory, sorted.
std::vector<std::string> profile_names(const std::string& directory);

}  // namespace cloche::runner
