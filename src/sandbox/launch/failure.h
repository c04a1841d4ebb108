// Failures that init reports, as Errors.
#pragma once

#include "sandbox/protocol.h"

namespace cloche {

// Throws the Error of a failed step: its sentence, its kind by step and errno, and a hint. A work
// directory that cannot be entered is thrown as WorkDirError.
[[noreturn]] void throw_failure(const protocol::Failed& failed);

}  // namespace cloche
