// Reads the JSON of a profile into the structs of profile.h. Every error names its place.
#include <algorithm>
#include <set>

#include "runner/profile/placeholders.h"
#include "runner/profile/profile.h"
#include "util/json_node.h"

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

// Reads a document, given the placeholders that exist.
class Reader {
 public:
  explicit Reader(std::set<std::string> names) : names_(std::move(names)) {}

  Mode mode(const Node& node, bool reporter) const;
  Clean clean(const Node& node) const;

 private:
  bool known(const std::string& name, bool in_each) const {
    return name.starts_with("options.") || names_.count(name) > 0 || (in_each && name == "item");
  }
  std::string templated(const Node& node, bool in_each = false) const;
  Condition condition(const Node& node) const;
  std::map<std::string, std::string> environment(const Node& node) const;
  Words words(const Node& node) const;
  StepTemplate step(const Node& node) const;
  FileTemplate file(const std::string& path, const Node& node) const;
  std::vector<CleanRule> rules(const Node& node) const;

  std::set<std::string> names_;
};

std::string Reader::templated(const Node& node, bool in_each) const {
  for (const std::string& name : placeholders_in(node.text()))
    if (!known(name, in_each)) node.fail("unknown placeholder ${" + name + "}");
  return node.text();
}

Condition Reader::condition(const Node& node) const {
  const auto found = node.find("if");
  if (!found) return {};
  const std::string& text = found->text();
  if (!known(text.starts_with('!') ? text.substr(1) : text, false))
    found->fail("unknown placeholder " + text);
  return text;
}

std::map<std::string, std::string> Reader::environment(const Node& node) const {
  std::map<std::string, std::string> variables;
  const auto found = node.find("environment");
  if (!found) return variables;
  for (const auto& [name, value] : found->members()) {
    if (name.empty() || name.find('=') != std::string::npos)
      value.fail("this cannot be the name of an environment variable");
    variables.emplace(name, templated(value));
  }
  return variables;
}

Words Reader::words(const Node& node) const {
  Words words;
  if (node.is_string()) {
    words.words.push_back(templated(node));
    return words;
  }
  node.allow_only({"if", "each", "argv"});
  words.condition = condition(node);
  words.each = optional_text(node, "each");
  if (!words.each.empty() && !words.each.starts_with("options."))
    node.at("each").fail("only options can be gone through (options.NAME)");
  for (const Node& word : node.at("argv").elements())
    words.words.push_back(templated(word, !words.each.empty()));
  return words;
}

StepTemplate Reader::step(const Node& node) const {
  node.allow_only({"if", "argv", "environment"});
  StepTemplate step;
  step.condition = condition(node);
  step.environment = environment(node);
  for (const Node& word : node.at("argv").elements()) step.argv.push_back(words(word));
  if (step.argv.empty()) node.at("argv").fail("a program is missing");
  return step;
}

FileTemplate Reader::file(const std::string& path, const Node& node) const {
  for (const std::string& name : placeholders_in(path))
    if (!known(name, false)) node.fail("unknown placeholder ${" + name + "}");
  FileTemplate file{path, {}, {}};
  if (node.is_string()) {
    file.text = templated(node);
    return file;
  }
  node.allow_only({"text", "if"});
  file.text = templated(node.at("text"));
  file.condition = condition(node);
  return file;
}

std::vector<CleanRule> Reader::rules(const Node& node) const {
  std::vector<CleanRule> rules;
  for (const Node& rule : node.elements()) {
    rule.allow_only({"match", "replace"});
    rules.push_back({rule.at("match").text(), optional_text(rule, "replace")});
  }
  return rules;
}

Clean Reader::clean(const Node& node) const {
  node.allow_only({"stdout", "stderr", "hide"});
  Clean clean;
  if (const auto found = node.find("stdout")) clean.out = rules(*found);
  if (const auto found = node.find("stderr")) clean.err = rules(*found);
  clean.hide = optional_texts(node, "hide");
  for (const std::string& name : clean.hide)
    if (name != "setup" && name != "solution" && name != "fixture")
      node.at("hide").fail("only setup, solution and fixture can be hidden, not " + name);
  return clean;
}

Mode Reader::mode(const Node& node, bool reporter) const {
  Mode mode;
  mode.reporter = reporter;
  if (const auto files = node.find("files"))
    for (const auto& [path, value] : files->members()) mode.files.push_back(file(path, value));
  if (const auto steps = node.find("compile"))
    for (const Node& value : steps->elements()) mode.compile.push_back(step(value));
  mode.run = step(node.at("run"));
  if (const auto found = node.find("project")) mode.project = step(*found);
  if (const auto found = node.find("reporter")) mode.reporter = found->boolean();
  if (const auto found = node.find("warm")) mode.warm = found->boolean();
  if (mode.warm && !mode.reporter)
    node.at("warm").fail("only a mode with a reporter can be warm: it waits on the channel");
  if (const auto found = node.find("clean")) mode.clean = clean(*found);
  return mode;
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
  if (const auto found = node.find("environment")) version.environment = read_texts(*found);
  return version;
}

void read_limits(Profile& profile, const Node& node) {
  node.allow_only({"wall_ms", "compile_wall_ms", "memory_mb", "tasks"});
  const auto bounded = [&](const char* key, std::uint64_t most) -> std::optional<std::uint64_t> {
    const auto found = node.find(key);
    return found ? std::optional(std::min(found->positive(), most)) : std::nullopt;
  };
  constexpr std::uint64_t kDay = 86'400'000;
  Limits& run = profile.run_limits;
  if (const auto wall = bounded("wall_ms", kDay)) run.wall_time = std::chrono::milliseconds(*wall);
  if (const auto wall = bounded("compile_wall_ms", kDay))
    profile.compile_wall = std::chrono::milliseconds(*wall);
  if (const auto size = bounded("memory_mb", 1u << 24)) run.memory_bytes = *size << 20;
  if (const auto tasks = bounded("tasks", 1u << 22)) run.tasks = static_cast<std::uint32_t>(*tasks);
}

Alias read_alias(const Node& node) {
  if (node.is_string()) return {node.text(), {}};
  node.allow_only({"name", "version"});
  return {node.at("name").text(), node.at("version").text()};
}

Framework read_framework(const Node& node, const Reader& reader) {
  node.allow_only({"name", "aliases", "versions", "otherwise", "files", "compile", "run", "project",
                   "reporter", "warm", "clean"});
  Framework framework;
  framework.name = node.at("name").text();
  framework.aliases = optional_texts(node, "aliases");
  framework.versions = optional_texts(node, "versions");
  if (const auto found = node.find("otherwise")) framework.otherwise = found->boolean();
  framework.mode = reader.mode(node, true);
  return framework;
}

Mode read_call(const Node& node, const Reader& reader) {
  node.allow_only({"files", "compile", "run", "warm", "clean", "named_arguments"});
  Mode mode = reader.mode(node, true);
  if (const auto found = node.find("named_arguments")) mode.named_arguments = found->boolean();
  return mode;
}

// A profile's lists may refer only to names that the profile defines.
void check_references(const Profile& profile, const Node& top) {
  const auto is_version = [&](const std::string& name) {
    return std::any_of(profile.versions.begin(), profile.versions.end(), [&](const Version& one) {
      return one.version == name ||
             std::find(one.names.begin(), one.names.end(), name) != one.names.end();
    });
  };
  for (const Alias& alias : profile.aliases)
    if (!alias.version.empty() && !is_version(alias.version))
      top.at("aliases").fail("there is no version " + alias.version);
  for (const Framework& framework : profile.frameworks)
    for (const std::string& version : framework.versions)
      if (!is_version(version)) top.at("frameworks").fail("there is no version " + version);
}

}  // namespace

Profile parse_profile(std::string_view json, const std::string& document) {
  const Json value = parse_json(json, document);
  const Node top(value, document);
  top.allow_only({"language", "title", "aliases", "extension", "versions", "messages",
                  "environment", "limits", "run", "call", "frameworks", "clean", "output_type"});
  Profile profile;
  profile.language = top.at("language").text();
  const auto title = top.find("title");
  profile.title = title ? title->text() : profile.language;
  profile.extension = optional_text(top, "extension");
  if (const auto found = top.find("aliases"))
    for (const Node& alias : found->elements()) profile.aliases.push_back(read_alias(alias));
  for (const Node& version : top.at("versions").elements())
    profile.versions.push_back(read_version(version));
  if (profile.versions.empty()) top.at("versions").fail("a version is missing");
  if (const auto found = top.find("messages")) {
    found->allow_only({"unknown_version"});
    profile.unknown_version = optional_text(*found, "unknown_version");
  }
  if (const auto found = top.find("environment")) profile.environment = read_texts(*found);
  if (const auto found = top.find("limits")) read_limits(profile, *found);
  if (const auto found = top.find("output_type")) profile.output_type = found->text();

  std::set<std::string> names = {"setup",   "solution", "fixture",   "entry",   "work",
                                 "version", "language", "framework", "timeout", "call"};
  for (const Version& version : profile.versions)
    for (const auto& [name, text] : version.variables) names.insert(name);
  const Reader reader(std::move(names));
  const Node run = top.at("run");
  run.allow_only({"files", "compile", "run", "project", "reporter", "clean"});
  profile.run = reader.mode(run, false);
  if (const auto found = top.find("call")) profile.call = read_call(*found, reader);
  if (const auto found = top.find("frameworks"))
    for (const Node& framework : found->elements())
      profile.frameworks.push_back(read_framework(framework, reader));
  if (const auto found = top.find("clean")) profile.clean = reader.clean(*found);
  check_references(profile, top);
  return profile;
}

}  // namespace cloche::runner
