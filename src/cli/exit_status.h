// What the commands end with (docs/exit-status.md).
#pragma once

#include "cloche/error.h"
#include "cloche/runner.h"

namespace cloche::cli {

// Of every command but `exec` when cloche itself failed: 64 to 78, one for each kind.
int exit_status(ErrorKind kind);

// Added to the number of the signal that ended a program or cloche itself, as a shell does.
inline constexpr int kSignalBase = 128;

// Of `run` without --check: 1 after a time-out, else 0.
int run_status(runner::Verdict verdict);

// Of `run --check`: 0 if all is well, else one for each cause, 10 to 17.
int check_status(runner::Verdict verdict);

}  // namespace cloche::cli
