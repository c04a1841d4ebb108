// The paths of image recipes: <data directory>/rootfs/<image>/recipe.json.
#pragma once

#include <string>
#include <vector>

namespace cloche::image {

// The directory of the recipe `name`, and its document. Both throw Error no_input if no recipes are
// installed.
std::string recipe_directory(const std::string& name);
std::string recipe_file(const std::string& name);

// Whether there is a readable recipe of that name. False if no recipes are installed.
bool has_recipe(const std::string& name);

// The names of all recipes, sorted. Throws Error no_input if no recipes are installed.
std::vector<std::string> recipe_names();

}  // namespace cloche::image
