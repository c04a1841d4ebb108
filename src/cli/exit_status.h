// The exit statuses of the commands (docs/exit-status.md).
#pragma once

#include "cloche/error.h"
#include "cloche/runner.h"

namespace cloche::cli {

// The status of a failure of cloche itself, in every command but `exec`: 64 to 78, one for each
// kind.
int exit_status(ErrorKind kind);

// Added to the number of the signal that ended a program or cloche itself, as a shell does.
inline constexpr int kSignalBase = 128;

// The status of `run` without --check: 1 after a time-out, else 0.
int run_status(runner::Verdict verdict);

// The status of `run --check`: 0 for Verdict::ok, else one for each cause, 10 to 19.
int check_status(runner::Verdict verdict);

}  // namespace cloche::cli
