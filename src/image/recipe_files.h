// Where the recipes of images are: <data directory>/rootfs/<image>/recipe.json.
#pragma once

#include <string>
#include <vector>

namespace cloche::image {

// The directory of the recipe `name`, and its document. Throw Error no_input if no recipes are
// installed.
std::string recipe_directory(const std::string& name);
std::string recipe_file(const std::string& name);

// Whether there is a recipe of that name that can be read. False if no recipes are installed.
bool has_recipe(const std::string& name);

// The names of all recipes, sorted. Throws Error no_input if no recipes are installed.
std::vector<std::string> recipe_names();

}  // namespace cloche::image
