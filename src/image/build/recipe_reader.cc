// The keys of a recipe: their meaning and their valid values.

#include <algorithm>
#include <regex>

#include "image/build/recipe.h"
#include "image/build/recipe_document.h"
#include "util/json.h"

namespace cloche::image {

namespace {

using Commands = std::vector<std::vector<std::string>>;

bool is_text_list(const SortedJson& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(), [](const SortedJson& element) {
           return element.is_string();
         });
}

// Reads the values of one document into a recipe. Lists and maps are added to the existing ones.
class RecipeReader {
 public:
  RecipeReader(const RecipeDocument& document, Recipe& recipe)
      : document_(document), recipe_(recipe) {}

  void read() {
    const SortedJson json = parse(document_);
    for (const auto& [key, value] : json.items()) read_key(key, value);
  }

 private:
  using Texts = std::vector<std::string>;
  using Map = std::map<std::string, std::string>;

  [[noreturn]] void fail(const std::string& key, const std::string& why,
                         const std::string& value = {}) const {
    wrong(document_, key, why, value);
  }

  void read_text(const std::string& key, const SortedJson& value, std::string& into) const {
    if (!value.is_string()) fail(key, "\"" + key + "\" must be a string");
    into = value.get<std::string>();
  }

  void read_list(const std::string& key, const SortedJson& value, Texts& into) const {
    if (!is_text_list(value)) fail(key, "\"" + key + "\" must be a list of strings");
    for (const SortedJson& element : value) into.push_back(element.get<std::string>());
  }

  void read_map(const std::string& key, const SortedJson& value, Map& into) const {
    if (!value.is_object() || !std::all_of(value.begin(), value.end(),
                                           [](const SortedJson& each) { return each.is_string(); }))
      fail(key, "\"" + key + "\" must map names to strings");
    for (const auto& [name, text] : value.items()) into[name] = text.get<std::string>();
  }

  void read_commands(const std::string& key, const SortedJson& value, Commands& into) const {
    if (!value.is_array()) fail(key, "\"" + key + "\" must be a list of commands");
    for (const SortedJson& command : value) {
      if (!is_text_list(command) || command.empty())
        fail(key, "a command of \"" + key + "\" must be a list of strings");
      into.push_back(command.get<Texts>());
    }
  }

  void read_suites(const std::string& key, const SortedJson& value) const {
    if (!value.is_object()) fail(key, "\"" + key + "\" must map suites to lists of packages");
    for (const auto& [suite, packages] : value.items()) {
      if (!is_text_list(packages) || packages.empty())
        fail(suite, "the packages of \"" + suite + "\" must be a list of strings");
      recipe_.other_suites.push_back({suite, packages.get<Texts>()});
    }
  }

  void read_npm(const std::string& key, const SortedJson& value) const {
    if (!value.is_array()) fail(key, "\"" + key + "\" must be a list of packages");
    for (const SortedJson& entry : value) {
      if (!entry.is_object()) fail(key, "a package of \"" + key + "\" must be an object");
      NpmPackage package;
      const std::pair<const char*, std::string*> members[] = {{"name", &package.name},
                                                              {"version", &package.version},
                                                              {"integrity", &package.integrity},
                                                              {"archive", &package.archive},
                                                              {"to", &package.to}};
      for (const auto& [name, text] : entry.items()) {
        const auto* known =
            std::find_if(std::begin(members), std::end(members),
                         [&name = name](const auto& each) { return name == each.first; });
        if (known == std::end(members)) fail(name, "unknown key \"" + name + "\"");
        read_text(name, text, *known->second);
      }
      for (const auto& [name, text] : members)
        if (text->empty() && name != std::string("archive"))
          fail(key, "a package of \"" + key + "\" has no \"" + name + "\"", package.name);
      recipe_.npm.push_back(std::move(package));
    }
  }

  void read_key(const std::string& key, const SortedJson& value) const {
    const std::pair<const char*, std::string*> texts[] = {{"description", &recipe_.description},
                                                          {"supplied", &recipe_.supplied},
                                                          {"suite", &recipe_.suite},
                                                          {"variant", &recipe_.variant}};
    const std::pair<const char*, Texts*> lists[] = {{"components", &recipe_.components},
                                                    {"packages", &recipe_.packages},
                                                    {"exclude", &recipe_.exclude},
                                                    {"include", &recipe_.include},
                                                    {"remove", &recipe_.remove}};
    const std::pair<const char*, Map*> maps[] = {{"apt", &recipe_.apt},
                                                 {"copy", &recipe_.copies},
                                                 {"files", &recipe_.files},
                                                 {"links", &recipe_.links},
                                                 {"environment", &recipe_.environment}};
    const std::pair<const char*, Commands*> commands[] = {{"prewarm", &recipe_.prewarm},
                                                          {"check", &recipe_.check}};
    for (const auto& [name, into] : texts)
      if (key == name) return read_text(key, value, *into);
    for (const auto& [name, into] : lists)
      if (key == name) return read_list(key, value, *into);
    for (const auto& [name, into] : maps)
      if (key == name) return read_map(key, value, *into);
    for (const auto& [name, into] : commands)
      if (key == name) return read_commands(key, value, *into);
    if (key == "packages_from") return read_suites(key, value);
    if (key == "npm") return read_npm(key, value);
    if (key != "source_date_epoch") fail(key, "unknown key \"" + key + "\"");
    if (!value.is_number_integer()) fail(key, "\"" + key + "\" must be an integer");
    recipe_.source_date_epoch = value.get<std::int64_t>();
  }

  const RecipeDocument& document_;
  Recipe& recipe_;
};

// Checks values that become parts of options and hooks of mmdebstrap and npm: no value may have a
// special meaning there.
class RecipeChecker {
 public:
  RecipeChecker(const RecipeDocument& document, const Recipe& recipe)
      : document_(document), recipe_(recipe) {}

  void check() const {
    if (!recipe_.supplied.empty()) {
      if (!recipe_.suite.empty())
        wrong(document_, "suite", "an image that is \"supplied\" has no \"suite\"");
      return;
    }
    if (recipe_.suite.empty()) wrong(document_, "suite", "\"suite\" is missing");
    check_suite("suite", recipe_.suite);
    check_packages("packages", recipe_.packages);
    for (const OtherSuite& other : recipe_.other_suites) {
      check_suite("packages_from", other.suite);
      check_packages("packages_from", other.packages);
    }
    for (const auto& [option, value] : recipe_.apt)
      if (!is_plain(option) || !is_plain(value))
        wrong(document_, "apt", "\"" + option + "\" is no option of apt", option);
    for (const NpmPackage& package : recipe_.npm) check_npm(package);
    for (const auto& [path, from] : recipe_.copies) {
      check_path("copy", path);
      if (from.empty() || from[0] == '/' || from.find("..") != std::string::npos)
        wrong(document_, "copy", "\"" + from + "\" is not beside the recipe", from);
    }
    for (const auto& [path, content] : recipe_.files) check_path("files", path);
    for (const auto& [path, target] : recipe_.links) {
      check_path("links", path);
      if (target.empty()) wrong(document_, "links", "\"" + path + "\" points nowhere", path);
    }
    for (const std::string& path : recipe_.remove)
      if (path.size() < 2 || path[0] != '/' || path.find("..") != std::string::npos ||
          path.find_first_of(" \t\n'\"`$\\;&|<>()") != std::string::npos)
        wrong(document_, "remove", "\"" + path + "\" is no absolute path pattern", path);
  }

 private:
  static bool is_plain(const std::string& text) {
    static const std::regex form("[A-Za-z0-9+.:_/=~][A-Za-z0-9+.:_/=~-]*");
    return std::regex_match(text, form);
  }

  void check_suite(const std::string& key, const std::string& suite) const {
    static const std::regex form("[a-z][a-z0-9-]*");
    if (!std::regex_match(suite, form))
      wrong(document_, key, "\"" + suite + "\" is no name of a suite", suite);
  }

  void check_packages(const std::string& key, const std::vector<std::string>& packages) const {
    for (const std::string& package : packages)
      if (!is_plain(package))
        wrong(document_, key, "\"" + package + "\" is no name of a package", package);
  }

  void check_path(const std::string& key, const std::string& path) const {
    if (path.size() < 2 || path[0] != '/' || path.back() == '/' ||
        path.find("..") != std::string::npos)
      wrong(document_, key, "\"" + path + "\" is no absolute path", path);
  }

  void check_npm(const NpmPackage& package) const {
    static const std::regex name("(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*");
    static const std::regex version("[0-9]+\\.[0-9]+\\.[0-9]+(-[0-9A-Za-z.-]+)?");
    static const std::regex integrity("sha512-[A-Za-z0-9+/]{86}==");
    if (!std::regex_match(package.name, name))
      wrong(document_, "npm", "\"" + package.name + "\" is no name of an npm package",
            package.name);
    if (!std::regex_match(package.version, version))
      wrong(document_, "npm", "\"" + package.version + "\" is no exact version", package.version);
    if (!std::regex_match(package.integrity, integrity))
      wrong(document_, "npm", "the integrity of \"" + package.name + "\" is no SHA-512: sha512-…",
            package.integrity);
    if (package.archive.find("..") != std::string::npos ||
        (!package.archive.empty() && package.archive[0] == '/'))
      wrong(document_, "npm", "\"" + package.archive + "\" is not in the package", package.archive);
    check_path("npm", package.to);
  }

  const RecipeDocument& document_;
  const Recipe& recipe_;
};

}  // namespace

Recipe parse_recipe(const std::string& name, const std::string& base, const std::string& base_file,
                    const std::string& own, const std::string& own_file) {
  Recipe recipe;
  recipe.name = name;
  const RecipeDocument document{own_file, own};
  const RecipeDocument shared{base_file, base};
  RecipeReader(shared, recipe).read();
  RecipeReader(document, recipe).read();
  RecipeChecker(document, recipe).check();
  return recipe;
}

}  // namespace cloche::image
