// Supervises one execution from the launcher: streams, time, verdict.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cloche/sandbox.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/protocol.h"
#include "util/fd.h"

namespace cloche {

// The sandbox in which an execution happens.
struct Supervised {
  int socket;                     // to init
  int pidfd;                      // of init
  const cgroup::RunGroup* group;  // null without control groups
};

// The facts of an execution, before the verdict.
struct Supervision {
  protocol::Ended ended{};
  std::optional<cgroup::Usage> usage;  // of its control group
  Stream out, err;
  std::optional<std::chrono::nanoseconds> first_output, last_output;  // after its start
  int output_killed = 0;    // the launcher ended it: too much output on descriptor 1 or 2
  bool cpu_killed = false;  // the launcher ended it: too much CPU time in its control group
  bool cancelled = false;   // the launcher ended it: on the caller's demand
  bool init_lost = false;   // init did not answer in time and was killed
};

// Sends `request` (an Exec message) and serves the streams until init reports the end. It bounds
// the output and never waits for output after the program's end.
Supervision supervise(const Supervised& what, const Command& command, const Limits& limits,
                      std::string_view request);

// The Result of a Supervision: the limit, if any, that ended the run, and the used resources.
Result judge(Supervision facts, const Limits& limits);

}  // namespace cloche
