// Starting the programs of the service's own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace cloche::service {

// Starts argv[0], a path. Standard input and output are nothing, `ours` becomes the descriptor
// `theirs`, and what else is inherited is the caller's to see to. The program has a process group
// of its own, for signals that are meant for the service (an interrupt from the terminal) are the
// service's affair. Throws Error.
pid_t spawn(const std::vector<std::string>& argv, int ours, int theirs);

}  // namespace cloche::service
