#include "runner/profile/code_name_reader.h"

#include <algorithm>

#include "cloche/error.h"
#include "util/regex.h"

namespace cloche::runner {

namespace {

CodeName read_code_name(const std::string& placeholder, const Node& node,
                        const std::vector<CodeName>& earlier) {
  node.allow_only({"from", "match", "valid", "default", "error", "unlike"});
  CodeName name;
  name.name = placeholder;
  name.from = node.at("from").text();
  if (name.from != "setup" && name.from != "solution" && name.from != "fixture")
    node.at("from").fail("names are taken from setup, solution or fixture, not " + name.from);
  name.match = read_pattern(node.at("match"));
  if (const auto found = node.find("valid")) name.valid = read_pattern(*found);
  if (const auto found = node.find("default")) name.otherwise = found->text();
  if (!name.otherwise || !name.valid.empty())
    name.error = node.at("error").text();
  else if (const auto found = node.find("error"))
    found->fail("a name with a default and without \"valid\" cannot be wrong");
  if (const auto found = node.find("unlike")) {
    found->allow_only({"name", "error"});
    name.unlike = found->at("name").text();
    name.unlike_error = found->at("error").text();
    if (std::none_of(earlier.begin(), earlier.end(),
                     [&](const CodeName& other) { return other.name == name.unlike; }))
      found->at("name").fail("no name before this one is called \"" + name.unlike + "\"");
  }
  return name;
}

}  // namespace

std::string read_pattern(const Node& node) {
  try {
    Regex regex(node.text());
  } catch (const Error& error) {
    node.fail(error.what());
  }
  return node.text();
}

std::vector<CodeName> read_code_names(const Node& node, std::vector<std::string>& placeholders) {
  std::vector<CodeName> names;
  for (const auto& [name, value] : node.members()) {
    if (std::find(placeholders.begin(), placeholders.end(), name) != placeholders.end())
      value.fail("there is a placeholder of this name already");
    if (name.empty() || name.starts_with("options.") || name.find_first_of("!}") != name.npos)
      value.fail("this cannot be the name of a placeholder");
    names.push_back(read_code_name(name, value, names));
    placeholders.push_back(name);
  }
  return names;
}

}  // namespace cloche::runner
