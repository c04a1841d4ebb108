#include "image/reference.h"

#include <algorithm>

#include "cloche/error.h"

namespace cloche::image {

namespace {

constexpr std::size_t kLongest = 200;

bool is_alphanumeric(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9');
}

bool is_part(const std::string& text) {
  return !text.empty() && is_alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char byte) {
           return is_alphanumeric(byte) || std::string("._-").find(byte) != std::string::npos;
         });
}

bool is_good(const std::string& name) {
  if (name.size() > kLongest) return false;
  const std::size_t last = name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t end = std::min(name.find('/', start), name.size());
    const std::string component = name.substr(start, end - start);
    const std::size_t colon = component.find(':');
    if (!is_part(component.substr(0, colon))) return false;
    if (colon != std::string::npos) {
      if (start != 0 && start != last) return false;
      if (!is_part(component.substr(colon + 1))) return false;
    }
    start = end + 1;
  }
  return true;
}

std::string printable(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char byte) { return byte < ' ' || byte == 127; }, '?');
  if (name.size() > 80) name = name.substr(0, 80) + "...";
  return name;
}

}  // namespace

void check_name(const std::string& name, const std::string& role) {
  if (is_good(name)) return;
  throw Error(ErrorKind::usage, "use '" + printable(name) + "' as " + role, 0,
              "names are like python or my/python:3.12: letters, digits and . _ - after a letter "
              "or digit, in parts separated by /, with one tag after a :");
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
