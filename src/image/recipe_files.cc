#include "image/recipe_files.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "cloche/error.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

bool could_be_a_recipe(const std::string& name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string::npos;
}

}  // namespace

std::string recipe_directory(const std::string& name) {
  return data_path("rootfs") + "/" + name;
}

std::string recipe_file(const std::string& name) {
  return recipe_directory(name) + "/recipe.json";
}

bool has_recipe(const std::string& name) {
  if (!could_be_a_recipe(name)) return false;
  try {
    return ::access(recipe_file(name).c_str(), R_OK) == 0;
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(data_path("rootfs")))
    if (std::string name = entry.path().filename(); has_recipe(name))
      names.push_back(std::move(name));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace cloche::image
