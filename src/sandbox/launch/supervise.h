// One execution, seen from the launcher: streams, time, verdict.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cloche/sandbox.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/protocol.h"
#include "util/fd.h"

namespace cloche {

// The two ends of what is supervised.
struct Supervised {
  int socket;                // to init
  int pidfd;                 // of init
  const cgroup::Run* group;  // null without control groups
};

// What became of an execution, before the verdict.
struct Outcome {
  protocol::Ended ended{};
  std::optional<cgroup::Usage> usage;  // of its control group
  Stream out, err;
  std::optional<std::chrono::nanoseconds> first_output, last_output;  // after its start
  bool output_killed = false;  // the launcher ended it: too much output
  bool cpu_killed = false;     // the launcher ended it: too much CPU time in its control group
  bool cancelled = false;      // the launcher ended it: on the caller's demand
  bool init_lost = false;      // init did not answer in time and was killed
};

// Sends `request` (an Exec message), and serves the streams until init reports the end. What the
// program writes is bounded here and never waited for longer than it lives.
Outcome supervise(const Supervised& what, const Command& command, const Limits& limits,
                  std::string_view request);

// The Result of an Outcome: which limit, if any, ended the run, and what it used.
Result judge(Outcome outcome, const Limits& limits);

}  // namespace cloche
