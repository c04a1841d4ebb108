#include "util/lookup.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace cloche {

std::string find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* variable = std::getenv("PATH");
  const std::string path =
      std::string(variable == nullptr ? "/usr/bin:/bin" : variable) + ":/usr/sbin:/sbin";
  std::size_t start = 0;
  while (start < path.size()) {
    const std::size_t end = std::min(path.find(':', start), path.size());
    const std::string candidate = path.substr(start, end - start) + "/" + program;
    if (end > start && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    start = end + 1;
  }
  return {};
}

bool has_subordinate_ids(const char* file) {
  const passwd* user = ::getpwuid(::geteuid());
  // A statically linked program does not see users of a directory service.
  const char* session = std::getenv("USER");
  const std::string name = user != nullptr ? user->pw_name : session != nullptr ? session : "";
  std::ifstream lines(file);
  std::string line;
  while (std::getline(lines, line)) {
    const std::string owner = line.substr(0, line.find(':'));
    if (owner == std::to_string(::geteuid()) || (!name.empty() && owner == name)) return true;
  }
  return false;
}

}  // namespace cloche
