// The options of `cloche exec`, and the Spec they make.
#pragma once

#include <cstdint>
#include <functional>
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
  std::string seccomp = "default";
  std::string stdout_file, stderr_file;
  std::string user;
  bool writable = false, strict = false, json = false;
  // The values of the options for limits, in the order in which they were given. Each is read when
  // the Spec is made, so that a mistake is reported like every other one of the command.
  std::vector<std::function<void(Spec&)>> limits;
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
