// The worker of `cloche serve`: the command under the name cloche-worker.
#pragma once

namespace cloche::service {

// Carries out the runs that the server sends over descriptor 3, until the server closes it. Returns
// the exit status of the process: 0, or 1 after an error, which it has written to standard error.
int work_for_server();

}  // namespace cloche::service
