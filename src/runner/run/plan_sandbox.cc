#include "runner/run/plan_sandbox.h"

#include <unistd.h>

#include <algorithm>

#include "runner/run/environment.h"
#include "runner/run/image_spec.h"
#include "util/paths.h"

namespace cloche::runner {

namespace {

Spec spec_of_plan(const Plan& plan, const image::Image& image) {
  Spec spec = spec_of(image, plan.run.limits);
  // A sandbox must know from the start if any step measures CPU time.
  for (const PlannedStep& step : plan.compile)
    spec.limits.cpu_time = std::max(spec.limits.cpu_time, step.limits.cpu_time);
  spec.binds = {{data_path("adapters"), kAdapters}};
  // cloche's own images have the directory; imported ones may lack it.
  if (::access((image.rootfs + kAdapters).c_str(), F_OK) != 0)
    spec.tmpfs.push_back({"/cloche", 1u << 16, 16});
  spec.work_dir = kWorkDirectory;
  spec.network = plan.network;
  spec.strict = plan.strict;
  return spec;
}

}  // namespace

PlanSandbox::PlanSandbox(const Plan& plan, const RunOptions& options, const image::Image& image)
    : plan_(plan), options_(options), spec_(spec_of_plan(plan, image)) {
  begin("sandbox");
  box_.emplace(spec_);
}

void PlanSandbox::put_files() {
  for (const auto& [path, content] : plan_.files) box_->put(path, content);
}

Command PlanSandbox::command_for(const PlannedStep& step) const {
  Command command;
  command.argv = step.argv;
  command.environment = merge_environment(spec_.environment, step.environment);
  command.limits = step.limits;
  command.join_output = options_.join_output;
  command.cancel_fd = options_.cancel_fd;
  return command;
}

std::optional<Snapshot> PlanSandbox::save() {
  if (plan_.compile.empty() && !plan_.shell) return std::nullopt;
  return box_->save();
}

void PlanSandbox::renew(const std::optional<Snapshot>& files) {
  box_.reset();
  box_.emplace(spec_);
  if (files)
    box_->load(*files);
  else
    put_files();
}

void PlanSandbox::begin(std::string_view phase) const {
  if (options_.observer.on_phase) options_.observer.on_phase(phase);
}

}  // namespace cloche::runner
