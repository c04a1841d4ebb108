// Reads the JSON of a profile into the structs of profile.h. Every error names its place.
#include <algorithm>

#include "runner/profile/code_name_reader.h"
#include "runner/profile/mode_reader.h"
#include "runner/profile/profile.h"
#include "util/json_node.h"
#include "util/regex.h"

namespace cloche::runner {

namespace {

std::map<std::string, std::string> read_texts(const Node& node) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : node.members()) texts.emplace(key, value.text());
  return texts;
}

std::vector<std::string> optional_texts(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  return found ? found->texts() : std::vector<std::string>();
}

std::string optional_text(const Node& node, std::string_view key) {
  const auto found = node.find(key);
  return found ? found->text() : std::string();
}

std::vector<std::string> read_diagnostics(const Node& node) {
  for (const Node& element : node.elements()) {
    const Regex regex(read_pattern(element));
    if (!regex.group_named("file") || !regex.group_named("line"))
      element.fail("the groups (?<file>...) and (?<line>...) are wanted");
  }
  return node.texts();
}

Version read_version(const Node& node) {
  node.allow_only({"version", "names", "image", "variables", "elsewhere", "environment"});
  Version version;
  version.version = node.at("version").text();
  version.names = optional_texts(node, "names");
  version.image = node.at("image").text();
  if (const auto found = node.find("variables")) version.variables = read_texts(*found);
  if (const auto found = node.find("elsewhere")) {
    version.elsewhere = read_texts(*found);
    for (const auto& [name, text] : version.elsewhere)
      if (version.variables.count(name) == 0)
        found->fail("\"" + name + "\" is none of the version's variables");
  }
  return version;
}

Framework read_framework(const Node& node, ModeReader& reader, const ModeLimits& limits) {
  node.allow_only({"name", "aliases", "versions", "otherwise", "files", "compile", "run", "project",
                   "convert", "reporter", "warm", "services", "limits", "clean"});
  Framework framework;
  framework.name = node.at("name").text();
  framework.aliases = optional_texts(node, "aliases");
  framework.versions = optional_texts(node, "versions");
  if (const auto found = node.find("otherwise")) framework.otherwise = found->boolean();
  framework.mode = reader.mode(node, true, limits);
  return framework;
}

Mode read_call(const Node& node, ModeReader& reader, const ModeLimits& limits) {
  node.allow_only(
      {"files", "compile", "run", "warm", "services", "limits", "clean", "named_arguments"});
  Mode mode = reader.mode(node, true, limits);
  if (const auto found = node.find("named_arguments")) mode.named_arguments = found->boolean();
  return mode;
}

// The placeholders of every profile, and those of this one but for the names from the code.
std::vector<std::string> placeholders_of(const Profile& profile) {
  std::vector<std::string> names = {"setup",   "solution", "fixture",   "program", "entry", "work",
                                    "version", "language", "framework", "timeout", "call"};
  if (!profile.adapter.empty()) names.push_back("adapter");
  for (const Version& version : profile.versions)
    for (const auto& [name, text] : version.variables) names.push_back(name);
  return names;
}

void read_modes(Profile& profile, const Node& top, ModeReader& reader) {
  ModeLimits limits;
  if (const auto found = top.find("limits")) reader.read_limits(limits, *found);
  const auto layouts = top.find("layouts");
  if (layouts)
    for (const auto& [name, node] : layouts->members()) reader.add_layout(name, node);
  profile.environment = reader.environment(top);
  const std::vector<Node> versions = top.at("versions").elements();
  for (std::size_t i = 0; i < versions.size(); ++i)
    profile.versions[i].environment = reader.environment(versions[i]);
  if (const auto found = top.find("services")) profile.services = reader.services(*found);
  const Node run = top.at("run");
  run.allow_only(
      {"files", "compile", "run", "project", "convert", "reporter", "services", "limits", "clean"});
  profile.run = reader.mode(run, false, limits);
  if (const auto found = top.find("call")) profile.call = read_call(*found, reader, limits);
  if (const auto found = top.find("frameworks"))
    for (const Node& framework : found->elements())
      profile.frameworks.push_back(read_framework(framework, reader, limits));
  if (const auto found = top.find("clean")) profile.clean = reader.clean(*found);
  if (layouts) reader.check_layouts(*layouts);
  for (const CodeName& name : profile.names)
    if (!reader.used(name.name)) top.at("names").at(name.name).fail("no mode uses this name");
}

// Lists of a profile may refer only to names that the profile defines.
void check_references(const Profile& profile, const Node& top) {
  const auto is_version = [&](const std::string& name) {
    return std::any_of(profile.versions.begin(), profile.versions.end(), [&](const Version& one) {
      return one.version == name ||
             std::find(one.names.begin(), one.names.end(), name) != one.names.end();
    });
  };
  for (const Framework& framework : profile.frameworks)
    for (const std::string& version : framework.versions)
      if (!is_version(version)) top.at("frameworks").fail("there is no version " + version);
}

}  // namespace

Profile parse_profile(std::string_view json, const std::string& document) {
  const Json value = parse_json(json, document);
  const Node top(value, document);
  top.allow_only({"language", "title", "extension", "adapter", "versions", "messages",
                  "environment", "limits", "services", "layouts", "names", "diagnostics", "run",
                  "call", "frameworks", "clean", "output_type"});
  Profile profile;
  profile.language = top.at("language").text();
  const auto title = top.find("title");
  profile.title = title ? title->text() : profile.language;
  profile.extension = optional_text(top, "extension");
  profile.adapter = optional_text(top, "adapter");
  if (profile.adapter.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") !=
      std::string::npos)
    top.at("adapter").fail("this cannot be the name of a directory of adapters");
  for (const Node& version : top.at("versions").elements())
    profile.versions.push_back(read_version(version));
  if (profile.versions.empty()) top.at("versions").fail("a version is missing");
  if (const auto found = top.find("messages")) {
    found->allow_only({"unknown_version"});
    profile.unknown_version = optional_text(*found, "unknown_version");
  }
  if (const auto found = top.find("output_type")) profile.output_type = found->text();
  if (const auto found = top.find("diagnostics")) profile.diagnostics = read_diagnostics(*found);
  std::vector<std::string> names = placeholders_of(profile);
  if (const auto found = top.find("names")) profile.names = read_code_names(*found, names);
  ModeReader reader(std::move(names));
  read_modes(profile, top, reader);
  check_references(profile, top);
  return profile;
}

}  // namespace cloche::runner
