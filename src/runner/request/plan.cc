#include "runner/request/plan.h"

#include <algorithm>

#include "cloche/error.h"
#include "runner/profile/placeholders.h"
#include "runner/profile/refusal.h"
#include "runner/request/call.h"
#include "runner/request/code_names.h"
#include "runner/request/project.h"
#include "runner/request/services.h"
#include "util/file.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

// Refuses a request that needs the network or services, which a sandbox does not have. Without the
// refusal the run would fail later, in a way that is hard to understand.
void refuse_unavailable(const Request& request) {
  const char* const hint = "a sandbox has no network: put the files into \"files\"";
  if (!request.github_repo.empty())
    throw Error(ErrorKind::unsupported, "fetch github-repo " + request.github_repo, 0, hint);
  if (!request.gist.empty())
    throw Error(ErrorKind::unsupported, "fetch gist " + request.gist, 0, hint);
}

bool wants_tests(const Request& request, bool project) {
  const auto strategy = request.options.find("strategy");
  if (strategy != request.options.end() && !strategy->second.empty()) {
    if (strategy->second.front() == "solutionOnly") return false;
    if (strategy->second.front() == "testIntegration") return true;
  }
  return project || !request.fixture.empty();
}

std::string shell_script(const Request& request) {
  if (request.bash.empty() && request.bash_file.empty()) return {};
  std::string script = "#!/bin/bash\n";
  if (!request.bash_file.empty()) {
    check_file_path(request.bash_file);
    std::string quoted;
    for (const char c : request.bash_file) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    script += "(cd '" + std::string(kWorkDirectory) + "' ; sh './" + quoted + "')\n";
  }
  return script + request.bash + "\n";
}

std::vector<std::string> environment_of(
    std::initializer_list<const std::map<std::string, std::string>*> layers, const Values& values) {
  std::map<std::string, std::string> merged;
  for (const auto* layer : layers)
    for (const auto& [name, value] : *layer) merged[name] = expand(value, values);
  std::vector<std::string> list;
  for (const auto& [name, value] : merged) list.push_back(name + "=" + value);
  return list;
}

std::vector<std::string> expand_argv(const StepTemplate& step, Values& values) {
  std::vector<std::string> argv;
  for (const Words& words : step.argv) {
    if (!values.holds(words.condition)) continue;
    if (words.each.empty()) {
      for (const std::string& word : words.words) argv.push_back(expand(word, values));
      continue;
    }
    for (const std::string& item : values.list(words.each)) {
      values.set("item", item);
      for (const std::string& word : words.words) argv.push_back(expand(word, values));
    }
  }
  return argv;
}

// Whether the request names another image than the version's. The version of the language in that
// image is unknown.
bool is_elsewhere(const Request& request, const Version& version) {
  return !request.image.empty() && request.image != version.image;
}

Values values_of(const Request& request, const Profile& profile, const Version& version,
                 const std::string& framework, const std::string& program) {
  Values values;
  values.set("program", program);
  values.set("setup", request.setup);
  values.set("solution", request.solution);
  values.set("fixture", request.fixture);
  values.set("work", kWorkDirectory);
  values.set("language", profile.language);
  values.set("version", version.version);
  values.set("framework", framework);
  values.set("adapter", std::string(kAdapters) + "/" + profile.adapter);
  values.set("timeout", std::to_string(request.timeout ? request.timeout->count() : 0));
  for (const auto& [name, text] : version.variables) values.set(name, text);
  if (is_elsewhere(request, version))
    for (const auto& [name, text] : version.elsewhere) values.set(name, text);
  for (const auto& [name, list] : request.options) values.set_option(name, list);
  for (const auto& [path, content] : request.files)
    if (path != program) values.add_file(path);
  return values;
}

std::string content_of(const FileTemplate& file, const Profile& profile, const Values& values) {
  if (file.adapter.empty()) return expand(file.text, values);
  return read_file(data_path("adapters/" + profile.adapter + "/" + file.adapter));
}

// The path of the file that is the program.
std::string program_path(const SettledRequest& settled, const Profile& profile) {
  std::string path = settled.request.solution_path;
  if (settled.project) path = entry_file(settled.request);
  if (path.empty()) path = profile.extension.empty() ? "solution" : "solution." + profile.extension;
  check_file_path(path);
  // As a word of an argv, it must not look like an option.
  return path.starts_with('-') ? "./" + path : path;
}

void plan_files(Plan& plan, const SettledRequest& settled, const Mode& mode, const Values& values) {
  const Request& request = settled.request;
  const Profile& profile = settled.found.profile;
  for (const auto& [path, content] : request.files) {
    check_file_path(path);
    plan.files.emplace_back(path, content);
  }
  if (!request.solution.empty()) plan.files.emplace_back("solution.txt", request.solution);
  // In project mode only the request's own files are laid out.
  if (!settled.project) {
    for (const FileTemplate& file : mode.files) {
      if (!values.holds(file.condition)) continue;
      const std::string path = expand(file.path, values);
      check_file_path(path);
      plan.files.emplace_back(path, content_of(file, profile, values));
      if (profile.diagnostics.empty() || !file.adapter.empty()) continue;
      for (SourcePart& part : source_parts(path, file.text, values, profile.extension))
        plan.sources.push_back(std::move(part));
    }
  }
  if (!request.solution_path.empty() && !request.solution.empty()) {
    check_file_path(request.solution_path);
    plan.files.emplace_back(request.solution_path, request.solution);
  }
  std::string script = shell_script(request);
  if (script.empty()) return;
  plan.files.emplace_back(kShellScript, std::move(script));
  plan.shell.emplace().argv = {"bash", kShellScript};
}

void check_arguments(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments)
    if (argument.find('\0') != argument.npos)
      throw Error(ErrorKind::usage, "pass an argument that holds a NUL byte");
}

// Refuses ways to run that exclude each other.
void check_ways(const SettledRequest& settled, bool test_mode) {
  const Request& request = settled.request;
  const auto refuse = [](const std::string& what, const char* hint) {
    throw Error(ErrorKind::usage, what, 0, hint);
  };
  if (request.cases.size() > kMaxCases)
    refuse("run " + std::to_string(request.cases.size()) + " cases",
           "one request has at most 1000");
  if (!request.cases.empty() && test_mode)
    refuse("run cases together with tests", "give \"cases\" or a fixture");
  if (!request.call) return;
  if (!request.cases.empty()) refuse("call a function with cases", "give \"call\" or \"cases\"");
  if (test_mode || settled.project)
    refuse("call a function together with tests or in a project", "give a solution alone");
}

// The decisions that make a request one run of one mode.
struct Choice {
  const Version& version;
  bool test_mode;
  const Framework* framework;  // if it has tests
  const Mode& mode;
};

const Mode& mode_of(const Request& request, const Profile& profile, const Framework* framework) {
  if (request.call) {
    if (!profile.call)
      throw Refusal("call a function", "Calls are not supported in " + profile.title,
                    "run it as a program");
    return *profile.call;
  }
  return framework == nullptr ? profile.run : framework->mode;
}

Choice choose(const SettledRequest& settled) {
  const Request& request = settled.request;
  const Profile& profile = settled.found.profile;
  const Version& version = profile.find_version(
      request.version.empty() ? settled.found.implied_version : request.version);
  const bool test_mode = wants_tests(request, settled.project);
  const Framework* framework = nullptr;
  // A framework without tests has nothing to do, but a name that does not exist is a mistake.
  if (test_mode || (!request.framework.empty() && !profile.frameworks.empty()))
    framework = &profile.find_framework(request.framework, version.version);
  if (!test_mode) framework = nullptr;
  return {version, test_mode, framework, mode_of(request, profile, framework)};
}

void plan_steps(Plan& plan, const SettledRequest& settled, const Version& version, const Mode& mode,
                Values& values) {
  const Request& request = settled.request;
  const Profile& profile = settled.found.profile;
  const auto step_of = [&](const StepTemplate& step) {
    return PlannedStep{
        expand_argv(step, values),
        environment_of({&profile.environment, &version.environment, &step.environment}, values),
        {}};
  };
  for (const StepTemplate& step : mode.compile)
    if (values.holds(step.condition)) plan.compile.push_back(step_of(step));
  plan.run = step_of(settled.project && mode.project ? *mode.project : mode.run);
  if (mode.convert && values.holds(mode.convert->condition)) plan.convert = step_of(*mode.convert);
  if (plan.shell) plan.shell->environment = plan.run.environment;
  plan.run.argv.insert(plan.run.argv.end(), request.arguments.begin(), request.arguments.end());
  check_arguments(request.arguments);
  for (const Case& one : request.cases) check_arguments(one.arguments);
}

// The limits of every step of the request.
Limits step_limits(const Request& request, const Limits& of_profile) {
  Limits limits = of_profile;
  limits.memory_bytes = request.memory_bytes.value_or(of_profile.memory_bytes);
  limits.cpus = request.cpus.value_or(of_profile.cpus);
  return limits;
}

void plan_limits(Plan& plan, const Request& request, const ModeLimits& of_mode) {
  Limits& run = plan.run.limits = step_limits(request, of_mode.run);
  if (request.timeout) run.wall_time = *request.timeout;
  if (request.cpu_time) run.cpu_time = *request.cpu_time;

  Limits helper = step_limits(request, of_mode.run);
  helper.cpu_time = {};
  helper.stdout_bytes = helper.stderr_bytes = kStepOutput;
  if (plan.shell) {
    plan.shell->limits = helper;
    plan.shell->limits.wall_time = kShellWall;
  }
  if (plan.convert) {
    plan.convert->limits = helper;
    plan.convert->limits.wall_time = kConvertWall;
  }
  helper.wall_time = of_mode.compile_wall;
  if (of_mode.compile_memory_bytes) helper.memory_bytes = *of_mode.compile_memory_bytes;
  if (request.compile_timeout) helper.wall_time = *request.compile_timeout;
  if (request.compile_cpu_time) helper.cpu_time = *request.compile_cpu_time;
  if (request.compile_memory_bytes) helper.memory_bytes = *request.compile_memory_bytes;
  for (PlannedStep& step : plan.compile) step.limits = helper;
}

}  // namespace

void check_file_path(const std::string& path) {
  const auto refuse = [&](const char* why) {
    std::string shown = path.substr(0, 200);
    for (char& c : shown)
      if (c == '\0') c = '?';
    throw Error(ErrorKind::usage, "write a file called \"" + shown + "\"", 0, why);
  };
  if (path.empty()) refuse("the name is empty");
  if (path.size() > 1024) refuse("the name is longer than 1024 bytes");
  if (path.find('\0') != path.npos) refuse("it holds a NUL byte");
  if (path.front() == '/') refuse("give a path relative to the work directory");
  if (path.back() == '/') refuse("it ends like a directory");
  std::size_t start = 0;
  while (start <= path.size()) {
    const std::size_t slash = std::min(path.find('/', start), path.size());
    const std::string part = path.substr(start, slash - start);
    if (part == "..") refuse("it climbs out of its directory");
    if (part.size() > 255) refuse("a part of it is longer than 255 bytes");
    start = slash + 1;
  }
}

ModeLimits limits_of(const SettledRequest& settled) {
  return choose(settled).mode.limits;
}

Plan make_plan(SettledRequest settled) {
  const Profile& profile = settled.found.profile;
  Request& request = settled.request;
  refuse_unavailable(request);

  const Choice choice = choose(settled);
  check_ways(settled, choice.test_mode);
  const Version& version = choice.version;
  const Mode& mode = choice.mode;
  Plan plan;
  plan.test_mode = choice.test_mode;
  plan.call = request.call.has_value();
  if (choice.framework != nullptr) plan.framework = choice.framework->name;
  plan.language = profile.language;
  if (!is_elsewhere(request, version)) plan.version = version.version;
  plan.image = request.image.empty() ? version.image : request.image;
  plan.reporter = mode.reporter;
  plan.strict = request.strict;
  plan.network = request.network;
  plan.compat = request.compat;
  if (plan.compat == Compat::codewars) plan.clean = mode.clean.value_or(profile.clean);
  plan.output_type = profile.output_type;
  plan.diagnostics = profile.diagnostics;

  // Without tests, the program of a project is one of its files.
  const bool runs_program = choice.framework == nullptr && mode.placeholders.count("program") > 0;
  if (settled.project && !mode.project && !runs_program)
    throw Error(ErrorKind::usage,
                "run a project with " +
                    (choice.framework != nullptr ? choice.framework->name : profile.title) +
                    ", which has no project mode",
                0, "give a solution");
  const std::string program = program_path(settled, profile);
  Values values = values_of(request, profile, version, plan.framework, program);
  if (settled.project) values.set("entry", program);
  if (request.call)
    values.set("call", call_document(*request.call, mode.named_arguments, profile.title));
  set_code_names(values, profile.names, mode.placeholders);
  for (const std::string& name : plan.clean.hide)
    if (!values.text(name).empty()) plan.hidden.push_back(values.text(name));
  plan_files(plan, settled, mode, values);
  plan_steps(plan, settled, version, mode, values);
  plan_services(plan, settled, mode);
  plan_limits(plan, request, mode.limits);
  plan.stdin_data = std::move(request.stdin_data);
  plan.cases = std::move(request.cases);
  return plan;
}

std::uint64_t memory_of(const Plan& plan) {
  std::uint64_t most = plan.run.limits.memory_bytes;
  for (const PlannedStep& step : plan.compile) most = std::max(most, step.limits.memory_bytes);
  return most;
}

std::chrono::nanoseconds wall_time_of(const Plan& plan) {
  const auto runs = static_cast<std::int64_t>(std::max<std::size_t>(1, plan.cases.size()));
  std::chrono::nanoseconds time = plan.run.limits.wall_time * runs;
  if (plan.shell) time += plan.shell->limits.wall_time;
  if (plan.convert) time += plan.convert->limits.wall_time;
  for (const PlannedStep& step : plan.compile) time += step.limits.wall_time;
  return time;
}

}  // namespace cloche::runner
