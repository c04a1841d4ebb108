// The sandbox in which the steps of one plan run.
#pragma once

#include <optional>
#include <string_view>

#include "cloche/runner.h"
#include "runner/request/plan.h"

namespace cloche::runner {

class PlanSandbox {
 public:
  // Makes the sandbox. The arguments must outlive this. Throws what Sandbox throws.
  PlanSandbox(const Plan& plan, const RunOptions& options, const image::Image& image);

  // Writes the files of the plan.
  void put_files();
  // The step as a command, with its limits and the plan's environment.
  Command command_for(const PlannedStep& step) const;
  Result exec(const Command& command) { return box_->exec(command); }
  Sandbox& box() { return *box_; }

  // The files as they are now, if an earlier step may have changed them. Without a value if the
  // files are those of put_files().
  std::optional<Snapshot> save();
  // Replaces the sandbox by a new one that has these files. No process and no kernel object of the
  // old sandbox remains.
  void renew(const std::optional<Snapshot>& files);

  // Tells the observer that a phase begins.
  void begin(std::string_view phase) const;

 private:
  const Plan& plan_;
  const RunOptions& options_;
  const Spec spec_;
  std::optional<Sandbox> box_;
};

}  // namespace cloche::runner
