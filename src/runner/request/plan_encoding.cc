#include "runner/request/plan.h"
#include "util/pack.h"

namespace cloche {

static constexpr Network last_of(Network) {
  return Network::loopback;
}
static constexpr OutputAction last_of(OutputAction) {
  return OutputAction::kill;
}

static void fields(Same<Limits> auto& limits, auto& archive) {
  archive(limits.wall_time, limits.cpu_time, limits.cpu_grace, limits.memory_bytes, limits.tasks,
          limits.cpus, limits.cpuset, limits.io_max, limits.file_bytes, limits.open_files,
          limits.stack_bytes, limits.stdout_bytes, limits.stderr_bytes, limits.output_action);
}

namespace runner {

static constexpr Compat last_of(Compat) {
  return Compat::codewars;
}

static void fields(Same<Case> auto& one, auto& archive) {
  archive(one.stdin_data, one.arguments, one.expected);
}

static void fields(Same<CleanRule> auto& rule, auto& archive) {
  archive(rule.match, rule.replace);
}

static void fields(Same<Clean> auto& clean, auto& archive) {
  archive(clean.out, clean.err, clean.hide);
}

static void fields(Same<SourcePart> auto& part, auto& archive) {
  archive(part.path, part.first, part.lines, part.name);
}

static void fields(Same<PlannedStep> auto& step, auto& archive) {
  archive(step.argv, step.environment, step.limits);
}

static void fields(Same<Plan> auto& plan, auto& archive) {
  archive(plan.language, plan.version, plan.framework, plan.image, plan.test_mode, plan.reporter,
          plan.call, plan.strict, plan.network, plan.compat, plan.files, plan.shell, plan.compile,
          plan.run, plan.convert, plan.diagnostics, plan.sources, plan.stdin_data, plan.cases,
          plan.clean, plan.hidden, plan.output_type);
}

std::string encode(const Plan& plan) {
  return pack(plan);
}

Plan decode_plan(std::string_view bytes) {
  return unpack<Plan>(bytes, "a plan");
}

}  // namespace runner

}  // namespace cloche
