// One execution, seen from the launcher: streams, time, verdict.
#pragma once

#include "cloche/sandbox.h"
#include "sandbox/protocol.h"
#include "util/fd.h"

namespace cloche {

// What became of an execution, before the verdict.
struct Outcome {
  protocol::Ended ended{};
  Stream out, err;
  bool output_killed = false;  // the launcher ended it: too much output
  bool cancelled = false;      // the launcher ended it: on the caller's demand
  bool init_lost = false;      // init did not answer in time and was killed
};

// Sends `request` (an Exec message), and serves the streams until init reports the end. What the
// program writes is bounded here and never waited for longer than it lives.
Outcome supervise(int socket, int pidfd, const Command& command, const Limits& limits,
                  std::string_view request);

// The Result of an Outcome: which limit, if any, ended the run. `oom_killed` says that the kernel
// killed for the memory limit.
Result judge(Outcome outcome, const Limits& limits, bool oom_killed);

}  // namespace cloche
