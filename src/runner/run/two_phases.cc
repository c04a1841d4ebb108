#include "runner/run/two_phases.h"

#include <algorithm>

#include "cloche/error.h"
#include "runner/run/plan_sandbox.h"

namespace cloche::runner {

TwoPhases in_two_phases(const Command& command, std::vector<std::string> known) {
  const std::string adapters = std::string(kAdapters) + "/";
  const auto& argv = command.argv;
  const auto file = std::find_if(argv.begin(), argv.end(), [&adapters](const std::string& word) {
    return word.starts_with(adapters);
  });
  if (file == argv.end())
    throw Error(ErrorKind::internal, "start a program before its request: it runs no adapter");
  TwoPhases phases;
  phases.argv.assign(argv.begin(), file + 1);
  phases.arguments.assign(file + 1, argv.end());
  phases.environment = std::move(known);
  phases.environment.push_back("CLOCHE_WARM=1");
  if (command.environment) phases.variables = *command.environment;
  return phases;
}

}  // namespace cloche::runner
