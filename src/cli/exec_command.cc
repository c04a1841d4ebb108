#include "cli/exec_command.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "cli/signals.h"
#include "cloche/error.h"
#include "cloche/image.h"
#include "cloche/sandbox.h"
#include "util/file.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

// Of `cloche exec` itself; everything else is the program's own status.
constexpr int kSandboxFailed = 125;
constexpr int kNotExecutable = 126;
constexpr int kNotFound = 127;
constexpr int kSignalBase = 128;

struct Options {
  std::string image;
  std::string rootfs;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<std::string> binds;
  std::string work_dir;
  std::string network = "none";
  std::string memory, output, timeout, cpu_time, disk;
  std::string seccomp = "default";
  double cpus = 0;
  std::uint32_t tasks = 0;
  bool strict = false;
};

// The value of NAME=value, as Docker's --env has it: NAME alone takes the launcher's.
std::string variable(const std::string& entry) {
  if (entry.find('=') != std::string::npos) return entry;
  const char* value = std::getenv(entry.c_str());
  return entry + "=" + (value == nullptr ? "" : value);
}

Bind bind(const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos)
    throw Error(ErrorKind::usage, "read --bind " + text, 0, "write SOURCE:TARGET");
  return {text.substr(0, colon), text.substr(colon + 1)};
}

// Which root file system, and what its image says about running in it.
struct Source {
  image::Image image;  // its lease keeps the root file system while the run lasts
  std::string rootfs;
};

Source find_source(const Options& options) {
  if (!options.rootfs.empty()) return {{}, options.rootfs};
  std::string name = options.image;
  if (name.empty()) {
    const char* chosen = std::getenv("CLOCHE_IMAGE");
    name = chosen == nullptr ? "python" : chosen;
  }
  Source source{image::Store::open_default().find(name), {}};
  source.rootfs = source.image.rootfs;
  return source;
}

void set_environment(Spec& spec, const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(spec.environment,
                  [&](const std::string& other) { return other.starts_with(name); });
    spec.environment.push_back(entry);
  }
}

Spec make_spec(const Options& options, const Source& source) {
  Spec spec;
  spec.rootfs = source.rootfs;
  spec.seccomp = options.seccomp;
  spec.strict = options.strict;
  spec.network = options.network == "loopback" ? Network::loopback : Network::none;
  set_environment(spec, source.image.config.env);
  std::vector<std::string> own;
  for (const std::string& entry : options.environment) own.push_back(variable(entry));
  set_environment(spec, own);
  for (const std::string& text : options.binds) spec.binds.push_back(bind(text));
  if (!options.work_dir.empty()) spec.work_dir = options.work_dir;
  if (!options.disk.empty())
    for (Tmpfs& each : spec.tmpfs) each.bytes = parse_bytes(options.disk, "--disk");
  Limits& limits = spec.limits;
  limits.wall_time = options.timeout.empty() ? std::chrono::nanoseconds(0)
                                             : parse_duration(options.timeout, "--timeout");
  if (!options.cpu_time.empty()) limits.cpu_time = parse_duration(options.cpu_time, "--cpu-time");
  if (!options.memory.empty()) limits.memory_bytes = parse_memory(options.memory, "--memory");
  if (options.tasks != 0) limits.tasks = options.tasks;
  limits.cpus = options.cpus;
  limits.stdout_bytes = limits.stderr_bytes = options.output.empty()
                                                  ? std::numeric_limits<std::uint64_t>::max()
                                                  : parse_bytes(options.output, "--output");
  return spec;
}

int exit_status(const Result& result, const std::string& program, int stopped_by) {
  if (result.status == Status::not_started) {
    std::fprintf(stderr, "cloche: %s: %s\n", program.c_str(), result.reason.c_str());
    return result.exec_errno == ENOENT ? kNotFound : kNotExecutable;
  }
  if (result.status == Status::cancelled) return kSignalBase + stopped_by;
  if (result.status == Status::time_limit || result.status == Status::memory_limit ||
      result.status == Status::output_limit)
    std::fprintf(stderr, "cloche: %s: %s\n", program.c_str(), result.reason.c_str());
  if (result.out.truncated || result.err.truncated)
    std::fprintf(stderr, "cloche: %s: output was cut at its limit\n", program.c_str());
  if (result.signal) return kSignalBase + *result.signal;
  return result.exit_code.value_or(kSandboxFailed);
}

int run(const Options& options) {
  const Source source = find_source(options);
  const Spec spec = make_spec(options, source);
  StopSignals stop;
  Sandbox sandbox(spec);
  Command command;
  command.argv = options.argv;
  command.stdin_fd = STDIN_FILENO;
  command.cancel_fd = stop.fd();
  command.capture = false;
  command.on_output = [](int fd, std::string_view bytes) {
    write_all(fd, bytes, fd == STDOUT_FILENO ? "standard output" : "standard error");
  };
  const Result result = sandbox.exec(command);
  return exit_status(result, options.argv.front(), stop.received());
}

}  // namespace

void add_exec_command(CLI::App& app, std::function<int()>& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("exec", "Run one program in a fresh sandbox");
  command->footer(
      "Exit status: the program's own; 128+n if signal n ended it; 125 if no sandbox could be "
      "made,\n"
      "126 if the program cannot be executed, 127 if it is not in the image.");
  auto* image = command->add_option("--image,-i", options->image,
                                    "Image to run in (default: $CLOCHE_IMAGE, else python)");
  command->add_option("--rootfs", options->rootfs, "A directory to use as root file system instead")
      ->excludes(image);
  command->add_option("--env,-e", options->environment, "NAME=value, or NAME to pass it on")
      ->allow_extra_args(false);
  command->add_option("--bind", options->binds, "SOURCE:TARGET, a host path shown read-only inside")
      ->allow_extra_args(false);
  command->add_option("--workdir,-w", options->work_dir, "Where to start (default: /workspace)");
  command->add_option("--network", options->network, "none or loopback (default: none)")
      ->check(CLI::IsMember({"none", "loopback"}));
  command->add_option("--timeout", options->timeout, "Wall time: 500ms, 2s, 1m (default: none)");
  command->add_option("--cpu-time", options->cpu_time, "CPU time of all processes (default: none)");
  command->add_option("--memory", options->memory, "Memory: 64M, 1G (default: 512M)");
  command->add_option("--tasks", options->tasks, "Processes and threads (default: 128)");
  command->add_option("--cpus", options->cpus, "CPUs' worth of time (default: all)");
  command->add_option("--disk", options->disk, "Size of each writable directory (default: 64M)");
  command->add_option("--output", options->output, "Bytes of each stream, then cut (default: all)");
  command->add_option("--seccomp", options->seccomp,
                      "Profile: a name or a file (default: default)");
  command->add_flag("--strict", options->strict, "Refuse limits that can only be approximated");
  command->add_option("argv", options->argv, "Program and arguments")->required();
  command->callback([options, &action] {
    action = [options] {
      try {
        return run(*options);
      } catch (const Error& error) {
        std::fprintf(stderr, "cloche: cannot %s\n", error.what());
        return kSandboxFailed;
      }
    };
  });
}

std::vector<std::string> separate_program(const CLI::App& app, std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "exec") return arguments;
  const CLI::App* command = app.get_subcommand("exec");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--") break;
    if (argument.size() < 2 || argument[0] != '-') {
      arguments.insert(arguments.begin() + static_cast<std::ptrdiff_t>(i), "--");
      break;
    }
    const CLI::Option* option = command->get_option_no_throw(argument);
    if (option != nullptr && option->get_items_expected_max() > 0)
      ++i;  // the next word is its value
  }
  return arguments;
}

}  // namespace cloche::cli
