#include "sandbox/cgroup/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <sstream>

#include "cloche/error.h"
#include "util/fd.h"
#include "util/file.h"

namespace cloche::cgroup {

std::string read_at(int directory, const char* name) {
  const UniqueFd file(::openat(directory, name, O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  try {
    return read_all(file.get(), name);
  } catch (const Error&) {
    return {};
  }
}

bool write_at(int directory, const char* name, const std::string& value) {
  const UniqueFd file(::openat(directory, name, O_WRONLY | O_CLOEXEC));
  return file &&
         ::write(file.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

std::uint64_t value_of(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  std::string name;
  std::uint64_t value = 0;
  while (lines >> name >> value)
    if (name == key) return value;
  return 0;
}

bool has_word(const std::string& words, const std::string& word) {
  std::istringstream each(words);
  for (std::string next; each >> next;)
    if (next == word) return true;
  return false;
}

}  // namespace cloche::cgroup
