// The service as a process: sockets, signals, the service manager.
#pragma once

#include <string>

#include "service/config.h"

namespace cloche::service {

// Serves until SIGTERM or SIGINT. A second signal ends all runs at once. SIGHUP reads the tokens
// and the certificate again. port_file: the file that receives the number of the first TCP port
// when connections are accepted; empty for none. Returns the exit status. Throws Error if the
// service cannot start.
int serve(const ServiceConfig& config, const std::string& port_file);

}  // namespace cloche::service
