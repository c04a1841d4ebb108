#pragma once

#include <functional>
#include <string>

#include "image/build/build_job.h"
#include "image/build/mmdebstrap_arguments.h"
#include "image/build/recipe.h"

namespace cloche::image {

// Throws Error unsupported, with the missing part, unless this host can make the recipe's root file
// system.
void check_mmdebstrap(const Recipe& recipe);

// Makes the root file system of `recipe` as a tar at `tar`. `progress` gets the stage and the
// progress of all stages, in permille. Throws Error unsupported, no_space, system.
void run_mmdebstrap(
    const Recipe& recipe, const BuildExchange& exchange, const std::string& tar, BuildJob& job,
    const std::function<void(const std::string& stage, unsigned permille)>& progress);

// Finds stages and permille in the output that mmdebstrap writes to a terminal.
class MmdebstrapProgress {
 public:
  explicit MmdebstrapProgress(std::function<void(const std::string&, unsigned)> tell)
      : tell_(std::move(tell)) {}
  // Takes the next bytes. Returns the part for the log: everything except the progress bars.
  std::string feed(const std::string& bytes);

 private:
  bool is_progress(const std::string& line);
  std::function<void(const std::string&, unsigned)> tell_;
  std::string pending_;
  std::string stage_ = "starting";
  unsigned from_ = 0;  // the permille where the stage begins,
  unsigned to_ = 10;   // and where it ends
};

}  // namespace cloche::image
