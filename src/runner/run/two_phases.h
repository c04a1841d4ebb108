// Divides a program's start into a part that needs nothing of the request, and the request's part:
// docs/adapters.md, "Two-phase start".
#pragma once

#include <string>
#include <vector>

#include "cloche/sandbox.h"

namespace cloche::runner {

// The first event of a program that was started warm: its first phase is over.
inline constexpr std::string_view kReady = "ready\n";

struct TwoPhases {
  // Starts the program: argv up to the adapter's file, and the environment with CLOCHE_WARM. The
  // channel's descriptor must be added to it as to any program with a reporter.
  std::vector<std::string> argv, environment;
  // For ChannelParser::greeting.
  std::vector<std::string> arguments, variables;
};

// `command` is the whole program of a mode that can be warm, and `known` the environment that does
// not depend on the request. Throws Error internal if no word of argv is an adapter's file.
TwoPhases in_two_phases(const Command& command, std::vector<std::string> known);

}  // namespace cloche::runner
