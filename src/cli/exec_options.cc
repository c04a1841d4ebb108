#include "cli/exec_options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <limits>

#include "cloche/error.h"
#include "runner/run/environment.h"
#include "runner/run/image_spec.h"
#include "util/quantity.h"

namespace cloche::cli {

namespace {

// The value of an --env option, as in Docker: NAME=value, or NAME alone for the launcher's value.
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

std::uint32_t count(const std::string& text, const char* name) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(parse_count(text, name, kMost));
}

// The limits of a command that is given none.
Limits default_limits(const ExecOptions& options) {
  Limits limits;
  limits.wall_time = std::chrono::nanoseconds(0);
  // Output that is passed through takes no memory, so it has no limit; output in a report has to
  // fit into memory.
  if (!options.json)
    limits.stdout_bytes = limits.stderr_bytes = std::numeric_limits<std::uint64_t>::max();
  return limits;
}

// Reads the text of the option `name` into a limit.
using ReadLimit = void (*)(Spec& spec, const std::string& text, const char* name);

template <auto field, auto parse>
void read_limit(Spec& spec, const std::string& text, const char* name) {
  spec.limits.*field = parse(text, name);
}

void read_cpuset(Spec& spec, const std::string& text, const char*) {
  spec.limits.cpuset = text;
}

void read_io_max(Spec& spec, const std::string& text, const char*) {
  spec.limits.io_max = text;
}

void read_disk(Spec& spec, const std::string& text, const char* name) {
  for (Tmpfs& each : spec.tmpfs) each.bytes = parse_bytes(text, name);
}

void read_inodes(Spec& spec, const std::string& text, const char* name) {
  for (Tmpfs& each : spec.tmpfs) each.inodes = count(text, name);
}

void read_writable_size(Spec& spec, const std::string& text, const char* name) {
  if (!spec.writable) spec.writable.emplace();
  spec.writable->bytes = parse_bytes(text, name);
}

void read_output(Spec& spec, const std::string& text, const char* name) {
  spec.limits.stdout_bytes = spec.limits.stderr_bytes = parse_bytes(text, name);
}

void read_output_action(Spec& spec, const std::string& text, const char*) {
  spec.limits.output_action = text == "kill" ? OutputAction::kill : OutputAction::truncate;
}

}  // namespace

image::Image find_image(const ExecOptions& options) {
  if (!options.rootfs.empty()) {
    image::Image image;
    image.name = image.rootfs = options.rootfs;
    return image;
  }
  std::string name = options.image;
  if (name.empty()) {
    const char* chosen = std::getenv("CLOCHE_IMAGE");
    name = chosen == nullptr ? "python" : chosen;
  }
  return image::Store::open_default().find(name);
}

std::vector<std::string> program_of(const ExecOptions& options, const image::Image& image) {
  if (!options.argv.empty()) return options.argv;
  std::vector<std::string> argv = image.config.entrypoint;
  argv.insert(argv.end(), image.config.cmd.begin(), image.config.cmd.end());
  if (argv.empty())
    throw Error(ErrorKind::usage, "run a program: none is named", 0,
                "and the image says of itself none either");
  return argv;
}

Spec make_spec(const ExecOptions& options, const image::Image& image) {
  Spec spec = runner::spec_of(image, default_limits(options), options.user);
  spec.seccomp = options.seccomp;
  spec.strict = options.strict;
  spec.network = options.network == "loopback" ? Network::loopback : Network::none;
  std::vector<std::string> own;
  for (const std::string& entry : options.environment) own.push_back(variable(entry));
  spec.environment = runner::merge_environment(std::move(spec.environment), own);
  for (const std::string& text : options.binds) spec.binds.push_back(bind(text));
  const image::Config& config = image.config;
  const std::string& directory = options.work_dir.empty() ? config.working_dir : options.work_dir;
  if (!directory.empty() && directory != "/") spec.work_dir = directory;
  if (options.work_dir == "/") spec.work_dir = "/";
  // A relative work directory of an image begins at its root, as in Docker.
  if (options.work_dir.empty() && !spec.work_dir.starts_with("/")) spec.work_dir.insert(0, 1, '/');
  if (options.writable) spec.writable.emplace();
  for (const auto& set : options.limits) set(spec);
  return spec;
}

void describe(CLI::App& command, ExecOptions& options) {
  auto* image = command.add_option("--image,-i", options.image,
                                   "Image to run in (default: $CLOCHE_IMAGE, else python)");
  command.add_option("--rootfs", options.rootfs, "A directory to use as root file system instead")
      ->excludes(image);
  command.add_option("--env,-e", options.environment, "NAME=value, or NAME to pass it on")
      ->allow_extra_args(false);
  command.add_option("--bind", options.binds, "SOURCE:TARGET, a host path shown read-only inside")
      ->allow_extra_args(false);
  command.add_option("--workdir,-w", options.work_dir,
                     "Working directory (default: the image's, else /workspace)");
  command.add_option("--user,-u", options.user,
                     "User of the image to run as: name or number[:group] (default: the image's)");
  command.add_flag("--writable", options.writable,
                   "Let programs write anywhere, into a layer that is thrown away");
  command.add_option("--network", options.network, "none or loopback (default: none)")
      ->check(CLI::IsMember({"none", "loopback"}));
  command.add_option("--seccomp", options.seccomp, "Profile: a name or a file (default: default)");

  // An empty value leaves a limit at its default.
  const auto limit = [&](const char* name, ReadLimit read, const char* help) {
    const auto remember = [&options, name, read](const std::string& text) {
      if (text.empty()) return;
      options.limits.emplace_back([text, name, read](Spec& spec) { read(spec, text, name); });
    };
    return command.add_option_function<std::string>(name, remember, help)->group("Limits");
  };
  limit("--timeout", read_limit<&Limits::wall_time, parse_duration>,
        "Wall time: 500ms, 2s, 1m (default: none)");
  limit("--cpu-time", read_limit<&Limits::cpu_time, parse_duration>,
        "CPU time of all processes (default: none)");
  limit("--cpu-grace", read_limit<&Limits::cpu_grace, parse_duration>,
        "CPU time beyond, to end by itself (default: none)");
  limit("--memory", read_limit<&Limits::memory_bytes, parse_memory>,
        "Memory: 64M, 1G (default: 512M)");
  limit("--tasks", read_limit<&Limits::tasks, count>, "Processes and threads (default: 128)");
  limit("--cpus", read_limit<&Limits::cpus, parse_cpus>, "CPUs' worth of time (default: all)");
  limit("--cpuset", read_cpuset, "CPUs to use: 0-1,4 (default: all)");
  limit("--io-max", read_io_max, "Bound on a device: \"MAJ:MIN rbps=N wbps=N\"");
  limit("--disk", read_disk, "Size of each writable directory (default: 64M)");
  limit("--writable-size", read_writable_size,
        "Size of the layer that --writable adds (default: 256M)");
  limit("--inodes", read_inodes, "Files in each writable directory (default: 16384)");
  limit("--file-size", read_limit<&Limits::file_bytes, parse_bytes>,
        "Size of a single file (default: 64M)");
  limit("--open-files", read_limit<&Limits::open_files, count>,
        "Descriptors of one process (default: 512)");
  limit("--stack", read_limit<&Limits::stack_bytes, parse_bytes>,
        "Stack of the first thread (default: 64M)");
  limit("--output", read_output, "Bytes of each stream (default: all; with --json 16M)");
  limit("--output-limit-action", read_output_action,
        "truncate: drop the rest and go on; kill: end the run (default: truncate)")
      ->check(CLI::IsMember({"truncate", "kill"}));
  command.add_flag("--strict", options.strict, "Refuse limits that can only be approximated")
      ->group("Limits");

  command.add_flag("--json", options.json, "Print a report, with the output in it")
      ->group("Report");
  command.add_option("--stdout", options.stdout_file, "Write the program's output to a file")
      ->group("Report");
  command.add_option("--stderr", options.stderr_file, "Write its standard error to a file")
      ->group("Report");
  command.add_option("argv", options.argv,
                     "Program and arguments (default: the image's entry point and command)");
}

}  // namespace cloche::cli
