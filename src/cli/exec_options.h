// The options of `cloche exec`, and the Spec they make.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace cloche::cli {

struct ExecOptions {
  std::string image;
  std::string rootfs;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  std::vector<std::string> binds;
  std::string work_dir;
  std::string network = "none";
  std::string memory, output, timeout, cpu_time, cpu_grace, disk, file_size, stack;
  std::string cpuset, io_max;
  std::string output_limit_action = "truncate";
  std::string seccomp = "default";
  std::string stdout_file, stderr_file;
  double cpus = 0;
  std::uint32_t tasks = 0, inodes = 0, open_files = 0;
  bool strict = false, json = false;
};

void describe(CLI::App& command, ExecOptions& options);

// Which root file system, and what its image says about running in it.
struct ExecSource {
  image::Image image;  // its lease keeps the root file system while the run lasts
  std::string rootfs;
};

// Throws Error image_missing.
ExecSource find_source(const ExecOptions& options);

// Throws Error usage for a value that makes no sense.
Spec make_spec(const ExecOptions& options, const ExecSource& source);

}  // namespace cloche::cli
