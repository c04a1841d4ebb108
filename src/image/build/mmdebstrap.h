#pragma once

#include <functional>
#include <string>

#include "image/build/build_job.h"
#include "image/build/mmdebstrap_arguments.h"
#include "image/build/recipe.h"

namespace cloche::image {

// Whether this host can make the recipe's root file system. Throws Error unsupported, with what is
// missing.
void check_mmdebstrap(const Recipe& recipe);

// Makes the root file system of `recipe` as a tar at `tar`. `progress` is told the stage and how
// much of all is done, in permille. Throws Error unsupported, no_space, system.
void run_mmdebstrap(
    const Recipe& recipe, const BuildExchange& exchange, const std::string& tar, BuildJob& job,
    const std::function<void(const std::string& stage, unsigned permille)>& progress);

// Makes stages and permille of what mmdebstrap writes to a terminal.
class MmdebstrapProgress {
 public:
  explicit MmdebstrapProgress(std::function<void(const std::string&, unsigned)> tell)
      : tell_(std::move(tell)) {}
  // Bytes as they come. Returns what belongs into the log: all but the progress bars.
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
