#include "image/name.h"

#include <algorithm>

#include "cloche/error.h"

namespace cloche::image {

namespace {

constexpr std::size_t kLongest = 200;

bool is_alphanumeric(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
}

bool is_good(const std::string& name) {
  bool start = true;
  for (const char byte : name) {
    if (start) {
      if (!is_alphanumeric(byte)) return false;
      start = false;
    } else if (byte == '/') {
      start = true;
    } else if (!is_alphanumeric(byte) && std::string("._-:").find(byte) == std::string::npos) {
      return false;
    }
  }
  return !start && name.size() <= kLongest;
}

std::string printable(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char byte) { return byte < ' ' || byte == 127; }, '?');
  if (name.size() > 80) name = name.substr(0, 80) + "...";
  return name;
}

}  // namespace

void check_name(const std::string& name) {
  if (is_good(name)) return;
  throw Error(ErrorKind::usage, "use '" + printable(name) + "' as the name of an image", 0,
              "names are like python or my/python:3.12: letters, digits and . _ - : after a letter "
              "or digit, in parts separated by /");
}

std::string file_name_of(const std::string& name) {
  std::string file = name;
  std::replace(file.begin(), file.end(), '/', '%');
  return file + ".json";
}

std::string name_of_file(const std::string& file) {
  const std::string ending = ".json";
  if (file.size() <= ending.size() ||
      file.compare(file.size() - ending.size(), ending.size(), ending) != 0)
    return {};
  std::string name = file.substr(0, file.size() - ending.size());
  std::replace(name.begin(), name.end(), '%', '/');
  return is_good(name) ? name : std::string();
}

}  // namespace cloche::image
