#include "image/recipe.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "cloche/error.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

using Json = nlohmann::json;

// One document of a recipe, with what is needed to say where in it something is wrong.
struct Document {
  std::string file;
  std::string text;
};

std::string position(const Document& document, std::size_t offset) {
  std::size_t line = 1;
  std::size_t column = 1;
  for (std::size_t i = 0; i < offset && i < document.text.size(); ++i) {
    ++column;
    if (document.text[i] == '\n') {
      ++line;
      column = 1;
    }
  }
  return document.file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

// Where a key is written: the JSON library keeps no positions, so the text is searched for it.
std::size_t offset_of(const Document& document, const std::string& key) {
  const std::string quoted = "\"" + key + "\"";
  std::size_t at = document.text.find(quoted);
  while (at != std::string::npos) {
    const std::size_t after = document.text.find_first_not_of(" \t\r\n", at + quoted.size());
    if (after != std::string::npos && document.text[after] == ':') return at;
    at = document.text.find(quoted, at + 1);
  }
  return 0;
}

[[noreturn]] void wrong(const Document& document, const std::string& key, const std::string& why) {
  throw Error(ErrorKind::bad_data, position(document, offset_of(document, key)) + ": " + why);
}

bool is_text_list(const Json& value) {
  return value.is_array() && std::all_of(value.begin(), value.end(),
                                         [](const Json& element) { return element.is_string(); });
}

bool is_text_map(const Json& value) {
  return value.is_object() && std::all_of(value.begin(), value.end(),
                                          [](const Json& element) { return element.is_string(); });
}

void read_text(const Document& document, const std::string& key, const Json& value,
               std::string& into) {
  if (!value.is_string()) wrong(document, key, "\"" + key + "\" must be a string");
  into = value.get<std::string>();
}

// Lists of the recipe are added to those of the base.
void read_list(const Document& document, const std::string& key, const Json& value,
               std::vector<std::string>& into) {
  if (!is_text_list(value)) wrong(document, key, "\"" + key + "\" must be a list of strings");
  for (const Json& element : value) into.push_back(element.get<std::string>());
}

void read_map(const Document& document, const std::string& key, const Json& value,
              std::map<std::string, std::string>& into) {
  if (!is_text_map(value)) wrong(document, key, "\"" + key + "\" must map names to strings");
  for (const auto& [name, text] : value.items()) into[name] = text.get<std::string>();
}

void read_key(const Document& document, const std::string& key, const Json& value, Recipe& recipe) {
  if (key == "description") {
    read_text(document, key, value, recipe.description);
  } else if (key == "suite") {
    read_text(document, key, value, recipe.suite);
  } else if (key == "variant") {
    read_text(document, key, value, recipe.variant);
  } else if (key == "components") {
    read_list(document, key, value, recipe.components);
  } else if (key == "packages") {
    read_list(document, key, value, recipe.packages);
  } else if (key == "exclude") {
    read_list(document, key, value, recipe.exclude);
  } else if (key == "include") {
    read_list(document, key, value, recipe.include);
  } else if (key == "remove") {
    read_list(document, key, value, recipe.remove);
  } else if (key == "files") {
    read_map(document, key, value, recipe.files);
  } else if (key == "environment") {
    read_map(document, key, value, recipe.environment);
  } else if (key == "prewarm") {
    if (!value.is_array()) wrong(document, key, "\"prewarm\" must be a list of commands");
    for (const Json& command : value) {
      if (!is_text_list(command) || command.empty())
        wrong(document, key, "a command of \"prewarm\" must be a list of strings");
      recipe.prewarm.push_back(command.get<std::vector<std::string>>());
    }
  } else if (key == "source_date_epoch") {
    if (!value.is_number_integer()) wrong(document, key, "\"" + key + "\" must be an integer");
    recipe.source_date_epoch = value.get<std::int64_t>();
  } else {
    wrong(document, key, "unknown key \"" + key + "\"");
  }
}

void read_document(const Document& document, Recipe& recipe) {
  Json json;
  try {
    json = Json::parse(document.text);
  } catch (const Json::parse_error& problem) {
    throw Error(ErrorKind::bad_data,
                position(document, problem.byte == 0 ? 0 : problem.byte - 1) + ": not valid JSON");
  } catch (const Json::out_of_range&) {
    throw Error(ErrorKind::bad_data, position(document, 0) + ": a number is too great");
  }
  if (!json.is_object())
    throw Error(ErrorKind::bad_data, position(document, 0) + ": a recipe must be a JSON object");
  for (const auto& [key, value] : json.items()) read_key(document, key, value, recipe);
}

// What reaches mmdebstrap's options and hooks must not be able to mean something else there.
void check(const Document& document, const Recipe& recipe) {
  const auto plain = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of(
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "+-.:_/=~") == std::string::npos;
  };
  if (recipe.suite.empty()) wrong(document, "suite", "\"suite\" is missing");
  if (!plain(recipe.suite) || recipe.suite[0] == '-')
    wrong(document, "suite", "\"suite\" must be the name of a suite");
  for (const std::string& package : recipe.packages)
    if (!plain(package) || package[0] == '-')
      wrong(document, "packages", "\"" + package + "\" is no name of a package");
  for (const auto& [path, content] : recipe.files)
    if (path.empty() || path[0] != '/' || path.find("..") != std::string::npos)
      wrong(document, "files", "\"" + path + "\" is no absolute path");
  for (const std::string& path : recipe.remove)
    if (path.size() < 2 || path[0] != '/' || path.find("..") != std::string::npos ||
        path.find_first_of(" \t\n'\"`$\\;&|<>()") != std::string::npos)
      wrong(document, "remove", "\"" + path + "\" is no absolute path pattern");
}

std::string recipe_file(const std::string& name) {
  return data_path("rootfs") + "/" + name + "/recipe.json";
}

bool could_be_a_recipe(const std::string& name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string::npos;
}

}  // namespace

Recipe parse_recipe(const std::string& name, const std::string& base, const std::string& base_file,
                    const std::string& own, const std::string& own_file) {
  Recipe recipe;
  recipe.name = name;
  const Document document{own_file, own};
  read_document({base_file, base}, recipe);
  read_document(document, recipe);
  check(document, recipe);
  return recipe;
}

bool has_recipe(const std::string& name) {
  if (!could_be_a_recipe(name)) return false;
  try {
    return ::access(recipe_file(name).c_str(), R_OK) == 0;
  } catch (const Error&) {
    return false;  // nothing is installed to make images with
  }
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data_path("rootfs")))
    if (has_recipe(entry.path().filename().string()))
      names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

Recipe load_recipe(const std::string& name) {
  if (!has_recipe(name)) {
    std::string list;
    for (const std::string& known : recipe_names()) list += (list.empty() ? "" : ", ") + known;
    throw Error(ErrorKind::image_missing, "build the image " + name + ": there is no such recipe",
                0, "there are: " + list);
  }
  const std::string base = data_path("rootfs/base.json");
  const std::string own = recipe_file(name);
  return parse_recipe(name, read_file(base), base, read_file(own), own);
}

}  // namespace cloche::image
