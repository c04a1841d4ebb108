// Starts the service's own programs.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cloche::service {

// Starts argv[0], a path. Standard input and output are /dev/null, and `ours` becomes the
// descriptor `theirs`. The caller must see to all other descriptors that could be inherited. The
// program gets its own process group, so that signals for the service (an interrupt from the
// terminal) do not reach it. Throws Error.
pid_t spawn(const std::vector<std::string>& argv, int ours, int theirs);

}  // namespace cloche::service
