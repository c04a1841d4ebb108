#include "runner/request/project.h"

#include "cloche/error.h"
#include "runner/request/request.h"

namespace cloche::runner {

namespace {

constexpr const char* kConfig = ".runner/config.json";
constexpr const char* kSetup = ".runner/setup.sh";
constexpr const char* kPatterns[] = {"spec.*", "test.*", "fixture.*", "entry.*"};

const std::string* first_match(const Request& request, const std::string& pattern) {
  for (const auto& [path, content] : request.files)
    if (fits_pattern(path, pattern)) return &path;
  return nullptr;
}

}  // namespace

bool is_project(const Request& request) {
  return !request.files.empty() && request.solution.empty();
}

void apply_project_files(Request& request) {
  if (const auto config = request.files.find(kConfig); config != request.files.end()) {
    const std::string text = config->second;
    merge_request(request, text, kConfig);
  }
  if (request.bash_file.empty() && request.files.count(kSetup) > 0) request.bash_file = kSetup;
}

// Finds the parts between the stars one after the other. The first place of each part is good
// enough: no part has to be tried at a second place.
bool fits_pattern(const std::string& path, const std::string& pattern) {
  std::size_t at = 0;
  std::size_t start = 0;
  while (start <= pattern.size()) {
    const std::size_t star = std::min(pattern.find('*', start), pattern.size());
    const std::size_t found = path.find(pattern.substr(start, star - start), at);
    if (found == path.npos) return false;
    at = found + (star - start);
    start = star + 1;
  }
  return true;
}

std::string entry_file(const Request& request) {
  const std::string& wanted = request.entry_file;
  if (!wanted.empty()) {
    if (wanted.find('*') == wanted.npos) {
      if (request.files.count(wanted) > 0) return wanted;
    } else if (const std::string* path = first_match(request, wanted)) {
      return *path;
    }
    throw Error(ErrorKind::usage, "find the entry file \"" + wanted + "\" among the files");
  }
  for (const char* pattern : kPatterns)
    if (const std::string* path = first_match(request, pattern)) return *path;
  throw Error(
      ErrorKind::usage, "find a file to start with", 0,
      "name one of the files in entryFile, or call it spec.*, test.*, fixture.* or entry.*");
}

}  // namespace cloche::runner
