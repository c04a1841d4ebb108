#include "util/paths.h"

#include <limits.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

#include "cloche/error.h"

// Set by the build: the installed directories, and the source and build trees, which are searched
// only while nothing is installed.
#ifndef CLOCHE_DATA_DIR
#error \
    "the build must define CLOCHE_BIN_DIR, CLOCHE_DATA_DIR, CLOCHE_LIBEXEC_DIR, CLOCHE_SOURCE_DIR, CLOCHE_BUILD_DIR"
#endif

namespace cloche {

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string home() {
  std::string path = environment("HOME");
  if (!path.empty()) return path;
  throw Error(ErrorKind::usage, "find the home directory", 0, "set HOME");
}

std::string first_existing(const std::vector<std::string>& candidates, const std::string& what) {
  for (const std::string& path : candidates)
    if (::access(path.c_str(), F_OK) == 0) return path;
  std::string looked;
  for (const std::string& path : candidates) looked += (looked.empty() ? "" : ", ") + path;
  throw Error(ErrorKind::no_input, "find " + what, 0, "looked at " + looked);
}

// The directory of the running program, when that program lies in the build tree.
bool running_from_build_tree() {
  char buffer[PATH_MAX];
  const ssize_t length = ::readlink("/proc/self/exe", buffer, sizeof buffer);
  if (length <= 0) return false;
  const std::string self(buffer, static_cast<std::size_t>(length));
  const std::string build = std::string(CLOCHE_BUILD_DIR) + "/";
  return self.compare(0, build.size(), build) == 0;
}

// The place of a file: installed, or in the build tree if the running program lies there.
std::vector<std::string> places(const std::string& own, const std::string& installed) {
  if (running_from_build_tree()) return {own, installed};
  return {installed, own};
}

// The place of a file of the data directory in the source tree.
std::string in_own_tree(const std::string& relative) {
  struct Root {
    const char* directory;
    const char* above;
  };
  constexpr Root kRoots[] = {{"adapters/", CLOCHE_SOURCE_DIR "/src/runner/"},
                             {"service/", CLOCHE_SOURCE_DIR "/src/"},
                             {"playground/", CLOCHE_BUILD_DIR "/src/service/"}};
  for (const Root& root : kRoots)
    if ((relative + "/").starts_with(root.directory)) return root.above + relative;
  return std::string(CLOCHE_SOURCE_DIR) + "/" + relative;
}

}  // namespace

std::string data_path(const std::string& relative) {
  const std::string chosen = environment("CLOCHE_DATA_DIR");
  if (!chosen.empty()) return first_existing({chosen + "/" + relative}, relative);
  return first_existing(
      places(in_own_tree(relative), std::string(CLOCHE_DATA_DIR) + "/" + relative), relative);
}

std::string shipped_file(const std::string& relative) {
  try {
    return data_path("host/" + relative);
  } catch (const Error&) {
    return "host/" + relative;
  }
}

std::string helper_path(const std::string& program) {
  return first_existing(places(std::string(CLOCHE_BUILD_DIR) + "/" + program,
                               std::string(CLOCHE_LIBEXEC_DIR) + "/" + program),
                        program);
}

std::string command_path() {
  return first_existing(
      places(std::string(CLOCHE_BUILD_DIR) + "/cloche", std::string(CLOCHE_BIN_DIR) + "/cloche"),
      "cloche");
}

std::string cache_path() {
  if (::geteuid() == 0) return "/var/cache/cloche";
  const std::string base = environment("XDG_CACHE_HOME");
  return (base.empty() ? home() + "/.cache" : base) + "/cloche";
}

std::string store_path() {
  const std::string chosen = environment("CLOCHE_STORE");
  if (!chosen.empty()) return chosen;
  if (::geteuid() == 0) return kSystemStore;
  const std::string base = environment("XDG_DATA_HOME");
  return (base.empty() ? home() + "/.local/share" : base) + "/cloche/store";
}

}  // namespace cloche
