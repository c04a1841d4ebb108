#include "image/build/recipe_document.h"

#include "cloche/error.h"
#include "util/json.h"
#include "util/json_node.h"

namespace cloche::image {

namespace {

std::string position(const RecipeDocument& document, std::size_t offset) {
  const auto [line, column] = position_in(document.text, offset);
  return document.file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

// The offset of a key. The JSON library keeps no positions, so this searches the text.
std::size_t offset_of(const RecipeDocument& document, const std::string& key) {
  const std::string quoted = "\"" + key + "\"";
  std::size_t at = document.text.find(quoted);
  while (at != std::string::npos) {
    const std::size_t after = document.text.find_first_not_of(" \t\r\n", at + quoted.size());
    if (after != std::string::npos && document.text[after] == ':') return at;
    at = document.text.find(quoted, at + 1);
  }
  return 0;
}

}  // namespace

SortedJson parse(const RecipeDocument& document) {
  SortedJson json;
  try {
    json = SortedJson::parse(document.text);
  } catch (const SortedJson::parse_error& problem) {
    throw Error(ErrorKind::bad_data,
                position(document, problem.byte == 0 ? 0 : problem.byte - 1) + ": not valid JSON");
  } catch (const SortedJson::out_of_range&) {
    throw Error(ErrorKind::bad_data, position(document, 0) + ": a number is too great");
  }
  if (!json.is_object())
    throw Error(ErrorKind::bad_data, position(document, 0) + ": a recipe must be a JSON object");
  return json;
}

void wrong(const RecipeDocument& document, const std::string& key, const std::string& why,
           const std::string& value) {
  std::size_t at = offset_of(document, key);
  if (!value.empty()) {
    const std::size_t found = document.text.find("\"" + value + "\"", at);
    if (found != std::string::npos) at = found;
  }
  throw Error(ErrorKind::bad_data, position(document, at) + ": " + why);
}

}  // namespace cloche::image
