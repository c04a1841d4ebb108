// From a request and a profile to files and steps: all that is decided before anything runs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloche/runner.h"
#include "runner/profile/profile.h"

namespace cloche::runner {

struct PlannedStep {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value", to be put over the image's
};

struct Plan {
  std::string language, version, framework, image;
  bool test_mode = false;
  bool reporter = false;
  bool call = false;
  std::vector<Case> cases;  // to run it with; none: once, with what the request gives
  std::vector<std::pair<std::string, std::string>> files;  // written in this order
  std::string shell_script;                                // empty for none
  std::vector<PlannedStep> compile;
  PlannedStep run;
  std::chrono::milliseconds wall, compile_wall;
  std::chrono::milliseconds cpu{0}, compile_cpu{0};  // 0: none
  std::uint64_t memory_bytes = 0, compile_memory_bytes = 0;
  std::optional<std::uint32_t> tasks;
  Clean clean;
  std::vector<std::string> hidden;  // texts to take out of the output
  std::string output_type;
};

// Where requests' files are, inside.
inline constexpr const char* kWorkDirectory = "/workspace";
// The setup script, among the files.
inline constexpr const char* kShellScript = ".runner.sh";
inline constexpr std::chrono::seconds kShellWall{10};
inline constexpr std::uint64_t kDefaultMemory = 512ull << 20;

// Throws Error usage for what the request asks and the profile does not have, and for files outside
// of the work directory; unsupported for services and downloads.
Plan make_plan(Request request, const FoundProfile& found);

// Throws Error usage unless `path` is relative, stays below its start, and has no NUL byte.
void check_file_path(const std::string& path);

}  // namespace cloche::runner
