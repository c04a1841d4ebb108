// From a settled request to files and steps: every decision is made before anything runs.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloche/runner.h"
#include "runner/profile/profile.h"
#include "runner/request/settle.h"
#include "runner/request/source_parts.h"

namespace cloche::runner {

struct PlannedStep {
  std::vector<std::string> argv;
  std::vector<std::string> environment;  // "NAME=value"; overrides the image's environment
  Limits limits;
};

// Everything that a run needs. The steps run in the order shell, compile, run, convert, all in
// one sandbox.
struct Plan {
  std::string language, version, framework, image;
  bool test_mode = false;
  bool reporter = false;
  bool call = false;
  bool strict = false;
  Network network = Network::loopback;
  Compat compat = Compat::none;
  std::vector<std::pair<std::string, std::string>> files;  // path and content, in this order
  std::optional<PlannedStep> shell;
  std::vector<PlannedStep> compile;
  PlannedStep run;
  std::optional<PlannedStep> convert;  // has the reporter's channel in place of `run`
  // How compilers name places, and where the user's lines are.
  std::vector<std::string> diagnostics;
  std::vector<SourcePart> sources;
  std::string stdin_data;   // of the step `run`
  std::vector<Case> cases;  // inputs for `run`; none: it runs once, with stdin_data
  // Nothing without Compat::codewars.
  Clean clean;
  std::vector<std::string> hidden;  // texts to take out of the output
  std::string output_type;
};

// The directory inside that holds the request's files.
inline constexpr const char* kWorkDirectory = "/workspace";
// The directory of the adapters, inside.
inline constexpr const char* kAdapters = "/cloche/adapters";
// The path of the setup script among the files.
inline constexpr const char* kShellScript = ".runner.sh";
inline constexpr std::chrono::seconds kShellWall{10};
inline constexpr std::chrono::seconds kConvertWall{10};
// At most this many bytes are kept of each stream of the setup script and of a compile step.
inline constexpr std::uint64_t kStepOutput = 1u << 20;

// The limits that the profile sets where the request leaves them open. Throws as make_plan().
ModeLimits limits_of(const SettledRequest& settled);

// Throws Error: usage for a version, framework or file that the profile or the work directory does
// not allow, or a service that the language does not have; unsupported for downloads.
Plan make_plan(SettledRequest settled);

// The most memory that a step of the plan may use, in bytes.
std::uint64_t memory_of(const Plan& plan);

// The longest time that the steps may take together.
std::chrono::nanoseconds wall_time_of(const Plan& plan);

// Throws Error usage unless `path` is relative, stays below its start, and has no NUL byte.
void check_file_path(const std::string& path);

// A plan as bytes, for another process of the same build.
std::string encode(const Plan& plan);
// Throws Error bad_data for bytes that encode() did not write.
Plan decode_plan(std::string_view bytes);

}  // namespace cloche::runner
