#include "image/build/recipe.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cloche/error.h"
#include "image/recipe_files.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::image {

namespace {

std::int64_t seconds_of(const std::string& text) {
  std::int64_t seconds = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, seconds);
  if (problem != std::errc() || stopped != end || seconds < 0)
    throw Error(ErrorKind::usage, "read SOURCE_DATE_EPOCH: '" + text + "' is no number of seconds");
  return seconds;
}

// FNV-1a. It shows that a recipe was changed; it does not stop anybody from making two equal
// fingerprints.
class RecipeFingerprint {
 public:
  void add(const std::string& text) {
    for (const char byte : text) step(static_cast<unsigned char>(byte));
    step(256);  // not a byte, so that "ab" and "c" differ from "a" and "bc"
  }
  std::string hex() const {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value_));
    return text;
  }

 private:
  void step(std::uint64_t part) { value_ = (value_ ^ part) * 0x100000001b3U; }
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

// The fingerprint of the base and of all files in the recipe's directory.
std::string fingerprint(const std::string& base, const std::string& directory, std::int64_t epoch) {
  RecipeFingerprint print;
  print.add(base);
  print.add(std::to_string(epoch));
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) {
    print.add(file.substr(directory.size()));
    print.add(read_file(file));
  }
  return print.hex();
}

}  // namespace

Recipe load_recipe(const std::string& name) {
  if (!has_recipe(name)) {
    std::string list;
    for (const std::string& known : recipe_names()) list += (list.empty() ? "" : ", ") + known;
    throw Error(ErrorKind::image_missing, "build the image " + name + ": there is no such recipe",
                0, "there are: " + list);
  }
  const std::string base = data_path("rootfs/base.json");
  const std::string own = recipe_file(name);
  Recipe recipe = parse_recipe(name, read_file(base), base, read_file(own), own);
  recipe.directory = recipe_directory(name);
  // SOURCE_DATE_EPOCH, which all tools of reproducible builds obey, overrides the recipe.
  const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
  if (epoch != nullptr && *epoch != '\0') recipe.source_date_epoch = seconds_of(epoch);
  recipe.fingerprint = fingerprint(read_file(base), recipe.directory, recipe.source_date_epoch);
  return recipe;
}

}  // namespace cloche::image
