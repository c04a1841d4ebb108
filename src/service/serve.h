// The service as a process: sockets, signals, the service manager.
#pragma once

#include <string>

#include "service/config.h"

namespace cloche::service {

// Serves until SIGTERM or SIGINT; a second one ends what still runs at once. SIGHUP reads the
// tokens again. port_file: where to write the number of the first TCP port once connections are
// taken; empty for nowhere. Returns the exit status. Throws Error for what keeps it from starting.
int serve(const Config& config, const std::string& port_file);

}  // namespace cloche::service
