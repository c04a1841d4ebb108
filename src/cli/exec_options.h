// The options of `cloche exec`, and the Spec they make.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloche/image.h"
#include "cloche/sandbox.h"

namespace CLI {
class App;
}

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
  std::string cpus, tasks, inodes, open_files;
  std::string user, writable_size;
  bool writable = false, strict = false, json = false;
};

void describe(CLI::App& command, ExecOptions& options);

// The image to run in, or a directory in its place. Its lease keeps the root file system until it
// is destroyed. Throws Error image_missing.
image::Image find_image(const ExecOptions& options);

// The program to run: the words of the command line, else the image's entrypoint. Throws Error
// usage if there is neither.
std::vector<std::string> program_of(const ExecOptions& options, const image::Image& image);

// Throws Error usage for a value that makes no sense.
Spec make_spec(const ExecOptions& options, const image::Image& image);

}  // namespace cloche::cli
