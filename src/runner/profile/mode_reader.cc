#include "runner/profile/mode_reader.h"

#include <algorithm>

#include "cloche/error.h"
#include "runner/profile/placeholders.h"
#include "util/nearest.h"
#include "util/regex.h"

namespace cloche::runner {

namespace {

std::string in_quotes(const std::string& name) {
  return "\"" + name + "\"";
}

// A path below a directory of adapters.
bool is_below(const std::string& path) {
  return !path.empty() && path.front() != '/' && ("/" + path + "/").find("/../") == path.npos;
}

}  // namespace

void ModeReader::use(const std::string& name, const Node& node, bool in_each) {
  if (name.starts_with("options.") || (in_each && name == "item")) return;
  if (std::find(names_.begin(), names_.end(), name) == names_.end())
    node.fail("unknown placeholder ${" + name + "} (the nearest known is ${" +
              nearest_name(name, names_) + "})");
  placeholders_.insert(name);
}

std::string ModeReader::templated(const Node& node, bool in_each) {
  for (const std::string& name : placeholders_in(node.text())) use(name, node, in_each);
  return node.text();
}

Condition ModeReader::condition(const Node& node) {
  const auto found = node.find("if");
  if (!found) return {};
  for (const std::string& name : names_in(found->text()))
    use(name.starts_with('!') ? name.substr(1) : name, *found, false);
  return found->text();
}

std::map<std::string, std::string> ModeReader::environment(const Node& node) {
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

Words ModeReader::words(const Node& node) {
  Words words;
  if (node.is_string()) {
    words.words.push_back(templated(node));
    return words;
  }
  node.allow_only({"if", "each", "argv"});
  words.condition = condition(node);
  if (const auto each = node.find("each")) {
    words.each = each->text();
    if (!words.each.starts_with("options.") && !words.each.starts_with("files."))
      each->fail("only options.NAME and files.EXTENSION have several values");
  }
  for (const Node& word : node.at("argv").elements())
    words.words.push_back(templated(word, !words.each.empty()));
  return words;
}

StepTemplate ModeReader::step(const Node& node) {
  node.allow_only({"if", "argv", "environment"});
  StepTemplate step;
  step.condition = condition(node);
  step.environment = environment(node);
  for (const Node& word : node.at("argv").elements()) step.argv.push_back(words(word));
  if (step.argv.empty()) node.at("argv").fail("a program is missing");
  return step;
}

FileTemplate ModeReader::file(const std::string& path, const Node& node) {
  for (const std::string& name : placeholders_in(path)) use(name, node, false);
  FileTemplate file;
  file.path = path;
  if (node.is_string()) {
    file.text = templated(node);
    return file;
  }
  node.allow_only({"text", "adapter", "if"});
  file.condition = condition(node);
  const auto adapter = node.find("adapter");
  if (!adapter) {
    file.text = templated(node.at("text"));
    return file;
  }
  if (node.find("text")) node.fail("a file has a text or comes from the adapter, not both");
  file.adapter = adapter->text();
  if (!is_below(file.adapter)) adapter->fail("name a file below the directory of the adapter");
  use("adapter", *adapter, false);
  return file;
}

void ModeReader::files(std::vector<FileTemplate>& list, const Node& node) {
  if (node.is_object()) {
    for (const auto& [path, value] : node.members()) list.push_back(file(path, value));
    return;
  }
  const auto found = layouts_.find(node.text());
  if (found == layouts_.end()) {
    std::vector<std::string> known;
    for (const auto& [name, layout] : layouts_) known.push_back(name);
    node.fail("there is no layout " + in_quotes(node.text()) +
              (known.empty() ? ": the profile has none"
                             : " (the nearest known is " +
                                   in_quotes(nearest_name(node.text(), known)) + ")"));
  }
  Layout& layout = found->second;
  layout.used = true;
  list.insert(list.end(), layout.files.begin(), layout.files.end());
  placeholders_.insert(layout.placeholders.begin(), layout.placeholders.end());
}

void ModeReader::add_layout(const std::string& name, const Node& node) {
  placeholders_.clear();
  Layout& layout = layouts_[name];
  for (const auto& [path, value] : node.members()) layout.files.push_back(file(path, value));
  layout.placeholders = std::move(placeholders_);
}

void ModeReader::check_layouts(const Node& layouts) const {
  for (const auto& [name, node] : layouts.members())
    if (!layouts_.at(name).used) node.fail("no mode uses this layout");
}

std::vector<CleanRule> ModeReader::rules(const Node& node) const {
  std::vector<CleanRule> rules;
  for (const Node& rule : node.elements()) {
    rule.allow_only({"match", "replace"});
    const auto replace = rule.find("replace");
    rules.push_back({rule.at("match").text(), replace ? replace->text() : std::string()});
  }
  return rules;
}

Clean ModeReader::clean(const Node& node) const {
  node.allow_only({"stdout", "stderr", "hide"});
  Clean clean;
  if (const auto found = node.find("stdout")) clean.out = rules(*found);
  if (const auto found = node.find("stderr")) clean.err = rules(*found);
  if (const auto found = node.find("hide")) clean.hide = found->texts();
  for (const std::string& name : clean.hide)
    if (name != "setup" && name != "solution" && name != "fixture")
      node.at("hide").fail("only setup, solution and fixture can be hidden, not " + name);
  return clean;
}

void ModeReader::read_limits(ModeLimits& limits, const Node& node) const {
  node.allow_only({"wall_ms", "compile_wall_ms", "memory_mb", "compile_memory_mb", "tasks"});
  const auto bounded = [&](const char* key, std::uint64_t most) -> std::optional<std::uint64_t> {
    const auto found = node.find(key);
    return found ? std::optional(std::min(found->positive(), most)) : std::nullopt;
  };
  constexpr std::uint64_t kDay = 86'400'000;
  constexpr std::uint64_t kMostMemory = 1u << 24;
  if (const auto wall = bounded("wall_ms", kDay))
    limits.run.wall_time = std::chrono::milliseconds(*wall);
  if (const auto wall = bounded("compile_wall_ms", kDay))
    limits.compile_wall = std::chrono::milliseconds(*wall);
  if (const auto size = bounded("memory_mb", kMostMemory)) limits.run.memory_bytes = *size << 20;
  if (const auto size = bounded("compile_memory_mb", kMostMemory))
    limits.compile_memory_bytes = *size << 20;
  if (const auto tasks = bounded("tasks", 1u << 22))
    limits.run.tasks = static_cast<std::uint32_t>(*tasks);
}

std::vector<std::string> ModeReader::services(const Node& node) const {
  for (const Node& name : node.elements())
    if (name.text().empty() || name.text().find_first_not_of("abcdefghijklmnopqrstuvwxyz"
                                                             "0123456789_-") != std::string::npos)
      name.fail("this cannot be the name of a service");
  return node.texts();
}

Mode ModeReader::mode(const Node& node, bool reporter, const ModeLimits& base) {
  placeholders_.clear();
  Mode mode;
  mode.reporter = reporter;
  mode.limits = base;
  if (const auto found = node.find("files")) {
    if (found->json().is_array())
      for (const Node& part : found->elements()) files(mode.files, part);
    else
      files(mode.files, *found);
  }
  if (const auto steps = node.find("compile"))
    for (const Node& value : steps->elements()) mode.compile.push_back(step(value));
  mode.run = step(node.at("run"));
  if (const auto found = node.find("project")) mode.project = step(*found);
  if (const auto found = node.find("reporter")) mode.reporter = found->boolean();
  if (const auto found = node.find("warm")) mode.warm = found->boolean();
  if (mode.warm && !mode.reporter)
    node.at("warm").fail("only a mode with a reporter can be warm: it waits on the channel");
  if (const auto found = node.find("convert")) {
    mode.convert = step(*found);
    if (!mode.reporter) found->fail("a mode without a reporter has nothing to convert");
    if (mode.warm) found->fail("a warm mode reports on the channel itself");
  }
  if (const auto found = node.find("services")) mode.services = services(*found);
  if (const auto found = node.find("limits")) read_limits(mode.limits, *found);
  if (const auto found = node.find("clean")) mode.clean = clean(*found);
  used_.insert(placeholders_.begin(), placeholders_.end());
  mode.placeholders = std::move(placeholders_);
  return mode;
}

}  // namespace cloche::runner
