#include "runner/request/plan.h"

#include "cloche/error.h"
#include "runner/profile/placeholders.h"
#include "runner/request/project.h"
#include "runner/request/refusal.h"
#include "runner/request/statements.h"
#include "runner/run/call.h"

namespace cloche::runner {

namespace {

// What a sandbox without a network and without services cannot do is said, not skipped: the run
// would fail later in a way that is hard to understand.
void refuse_unavailable(const Request& request) {
  const char* const hint = "a sandbox has no network: put the files into \"files\"";
  if (!request.github_repo.empty())
    throw Error(ErrorKind::unsupported, "fetch github-repo " + request.github_repo, 0, hint);
  if (!request.gist.empty())
    throw Error(ErrorKind::unsupported, "fetch gist " + request.gist, 0, hint);
  if (!request.services.empty())
    throw Error(ErrorKind::unsupported, "start the service " + request.services.front() +
                                            ": services are not available yet");
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

// Whether the request names another image than the version's: nobody knows what version that has.
bool is_elsewhere(const Request& request, const Version& version) {
  return !request.image.empty() && request.image != version.image;
}

Values values_of(const Request& request, const Profile& profile, const Version& version,
                 const std::string& framework) {
  Values values;
  values.set("setup", request.setup);
  values.set("solution", request.solution);
  values.set("fixture", request.fixture);
  values.set("work", kWorkDirectory);
  values.set("language", profile.language);
  values.set("version", version.version);
  values.set("framework", framework);
  values.set("timeout", std::to_string(request.timeout ? request.timeout->count() : 0));
  for (const auto& [name, text] : version.variables) values.set(name, text);
  if (is_elsewhere(request, version))
    for (const auto& [name, text] : version.elsewhere) values.set(name, text);
  for (const auto& [name, list] : request.options) values.set_option(name, list);
  return values;
}

void plan_files(Plan& plan, const Request& request, const Mode& mode, const Values& values) {
  for (const auto& [path, content] : request.files) {
    check_file_path(path);
    plan.files.emplace_back(path, content);
  }
  if (!request.solution.empty()) plan.files.emplace_back("solution.txt", request.solution);
  // In project mode the request's own files are all there is.
  if (!is_project(request)) {
    for (const FileTemplate& file : mode.files) {
      if (!values.holds(file.condition)) continue;
      const std::string path = expand(file.path, values);
      check_file_path(path);
      plan.files.emplace_back(path, expand(file.text, values));
    }
  }
  if (!request.solution_path.empty() && !request.solution.empty()) {
    check_file_path(request.solution_path);
    plan.files.emplace_back(request.solution_path, request.solution);
  }
  plan.shell_script = shell_script(request);
  if (!plan.shell_script.empty()) plan.files.emplace_back(kShellScript, plan.shell_script);
}

void check_arguments(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments)
    if (argument.find('\0') != argument.npos)
      throw Error(ErrorKind::usage, "pass an argument that holds a NUL byte");
}

// Ways to run that cannot go together.
void check_ways(const Request& request, bool test_mode) {
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
  if (test_mode || is_project(request))
    refuse("call a function together with tests or in a project", "give a solution alone");
}

// What is to be run: the mode of the profile, whose framework is named if it has tests.
const Mode& choose_mode(Plan& plan, const Request& request, const Profile& profile,
                        const Framework* framework) {
  if (request.call) {
    if (!profile.call)
      throw Refusal("call a function", "Calls are not supported in " + profile.title,
                    "run it as a program");
    plan.call = true;
    return *profile.call;
  }
  if (framework == nullptr) return profile.run;
  plan.framework = framework->name;
  return framework->mode;
}

void plan_steps(Plan& plan, const Request& request, const Profile& profile, const Version& version,
                const Mode& mode, Values& values) {
  const auto step_of = [&](const StepTemplate& step) {
    return PlannedStep{
        expand_argv(step, values),
        environment_of({&profile.environment, &version.environment, &step.environment}, values)};
  };
  for (const StepTemplate& step : mode.compile)
    if (values.holds(step.condition)) plan.compile.push_back(step_of(step));
  const bool project = is_project(request);
  plan.run = step_of(project && mode.project ? *mode.project : mode.run);
  plan.run.argv.insert(plan.run.argv.end(), request.arguments.begin(), request.arguments.end());
  check_arguments(request.arguments);
  for (const Case& one : request.cases) check_arguments(one.arguments);
}

void plan_limits(Plan& plan, const Request& request, const Profile& profile) {
  plan.wall = request.timeout.value_or(profile.limits.wall);
  plan.memory_bytes =
      request.memory_bytes.value_or(profile.limits.memory_bytes.value_or(kDefaultMemory));
  plan.tasks = profile.limits.tasks;
  plan.compile_wall = request.compile_timeout.value_or(profile.limits.compile_wall);
  plan.compile_memory_bytes = request.compile_memory_bytes.value_or(plan.memory_bytes);
  plan.cpu = request.cpu_time.value_or(std::chrono::milliseconds(0));
  plan.compile_cpu = request.compile_cpu_time.value_or(std::chrono::milliseconds(0));
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

Plan make_plan(Request request, const FoundProfile& found) {
  const Profile& profile = found.profile;
  apply_statements(request);
  const bool project = is_project(request);
  if (project) apply_project_files(request);
  refuse_unavailable(request);

  Plan plan;
  const Version& version =
      profile.find_version(request.version.empty() ? found.implied_version : request.version);
  plan.test_mode = wants_tests(request, project);
  const Framework* framework = nullptr;
  // A framework without tests has nothing to do, but a name that does not exist is a mistake.
  if (plan.test_mode || (!request.framework.empty() && !profile.frameworks.empty()))
    framework = &profile.find_framework(request.framework, version.version);
  const bool use_framework = plan.test_mode && framework != nullptr;
  check_ways(request, plan.test_mode);
  const Mode& mode = choose_mode(plan, request, profile, use_framework ? framework : nullptr);
  plan.language = profile.language;
  if (!is_elsewhere(request, version)) plan.version = version.version;
  plan.image = request.image.empty() ? version.image : request.image;
  plan.reporter = mode.reporter;
  plan.clean = mode.clean.value_or(profile.clean);
  plan.output_type = profile.output_type;

  Values values = values_of(request, profile, version, plan.framework);
  if (project) {
    if (!mode.project)
      throw Error(ErrorKind::usage,
                  "run a project with " + (use_framework ? framework->name : profile.title) +
                      ", which has no project mode",
                  0, "give a solution");
    const std::string entry = entry_file(request);
    check_file_path(entry);
    values.set("entry", entry);
  }
  if (request.call)
    values.set("call", call_document(*request.call, mode.named_arguments, profile.title));
  for (const std::string& name : plan.clean.hide)
    if (!values.text(name).empty()) plan.hidden.push_back(values.text(name));
  plan_files(plan, request, mode, values);
  plan_steps(plan, request, profile, version, mode, values);
  plan_limits(plan, request, profile);
  plan.cases = std::move(request.cases);
  return plan;
}

}  // namespace cloche::runner
