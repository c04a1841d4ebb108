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

void set_count(const std::string& text, const char* name, std::uint32_t& limit) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();
  if (!text.empty()) limit = static_cast<std::uint32_t>(parse_count(text, name, kMost));
}

void set_disks(const ExecOptions& options, Spec& spec) {
  for (Tmpfs& each : spec.tmpfs) {
    if (!options.disk.empty()) each.bytes = parse_bytes(options.disk, "--disk");
    set_count(options.inodes, "--inodes", each.inodes);
  }
}

void set_limits(const ExecOptions& options, Limits& limits) {
  limits.wall_time = options.timeout.empty() ? std::chrono::nanoseconds(0)
                                             : parse_duration(options.timeout, "--timeout");
  if (!options.cpu_time.empty()) limits.cpu_time = parse_duration(options.cpu_time, "--cpu-time");
  if (!options.cpu_grace.empty())
    limits.cpu_grace = parse_duration(options.cpu_grace, "--cpu-grace");
  if (!options.memory.empty()) limits.memory_bytes = parse_memory(options.memory, "--memory");
  if (!options.file_size.empty()) limits.file_bytes = parse_bytes(options.file_size, "--file-size");
  if (!options.stack.empty()) limits.stack_bytes = parse_bytes(options.stack, "--stack");
  set_count(options.tasks, "--tasks", limits.tasks);
  set_count(options.open_files, "--open-files", limits.open_files);
  if (!options.cpus.empty()) limits.cpus = parse_cpus(options.cpus, "--cpus");
  limits.cpuset = options.cpuset;
  limits.io_max = options.io_max;
  if (options.output_limit_action == "kill") limits.output_action = OutputAction::kill;
  // Output that is passed through is not kept. Output in a report has to fit into memory.
  if (!options.output.empty())
    limits.stdout_bytes = limits.stderr_bytes = parse_bytes(options.output, "--output");
  else if (!options.json)
    limits.stdout_bytes = limits.stderr_bytes = std::numeric_limits<std::uint64_t>::max();
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
  Limits limits;
  set_limits(options, limits);
  Spec spec = runner::spec_of(image, limits, options.user);
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
  if (options.writable || !options.writable_size.empty()) spec.writable.emplace();
  if (!options.writable_size.empty())
    spec.writable->bytes = parse_bytes(options.writable_size, "--writable-size");
  set_disks(options, spec);
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
                     "Where to start (default: what the image says, else /workspace)");
  command.add_option(
      "--user,-u", options.user,
      "As whom: name or number[:group], of the image (default: what the image says)");
  command.add_flag("--writable", options.writable,
                   "Let programs write anywhere, into a layer that is thrown away");
  command.add_option("--network", options.network, "none or loopback (default: none)")
      ->check(CLI::IsMember({"none", "loopback"}));
  command.add_option("--seccomp", options.seccomp, "Profile: a name or a file (default: default)");

  const auto limit = [&command](const char* name, auto& value, const char* help) {
    return command.add_option(name, value, help)->group("Limits");
  };
  limit("--timeout", options.timeout, "Wall time: 500ms, 2s, 1m (default: none)");
  limit("--cpu-time", options.cpu_time, "CPU time of all processes (default: none)");
  limit("--cpu-grace", options.cpu_grace, "CPU time beyond, to end by itself (default: none)");
  limit("--memory", options.memory, "Memory: 64M, 1G (default: 512M)");
  limit("--tasks", options.tasks, "Processes and threads (default: 128)");
  limit("--cpus", options.cpus, "CPUs' worth of time (default: all)");
  limit("--cpuset", options.cpuset, "Which CPUs: 0-1,4 (default: all)");
  limit("--io-max", options.io_max, "Bound on a device: \"MAJ:MIN rbps=N wbps=N\"");
  limit("--disk", options.disk, "Size of each writable directory (default: 64M)");
  limit("--writable-size", options.writable_size,
        "Size of the layer that --writable adds (default: 256M)");
  limit("--inodes", options.inodes, "Files in each writable directory (default: 16384)");
  limit("--file-size", options.file_size, "Size of a single file (default: 64M)");
  limit("--open-files", options.open_files, "Descriptors of one process (default: 512)");
  limit("--stack", options.stack, "Stack of the first thread (default: 64M)");
  limit("--output", options.output, "Bytes of each stream (default: all; with --json 16M)");
  limit("--output-limit-action", options.output_limit_action,
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
