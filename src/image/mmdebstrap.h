#pragma once

#include <functional>
#include <string>

#include "image/recipe.h"

namespace cloche::image {

// Makes the root file system of `recipe` as a tar at `tar`. What mmdebstrap says goes to the file
// `log`; `progress` is told the stage and how much of all is done, in permille.
// Throws Error unsupported, no_space, system.
void run_mmdebstrap(
    const Recipe& recipe, const std::string& tar, const std::string& log,
    const std::function<void(const std::string& stage, unsigned permille)>& progress);

// The arguments it is run with.
std::vector<std::string> mmdebstrap_arguments(const Recipe& recipe, const std::string& tar,
                                              bool as_root);

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
