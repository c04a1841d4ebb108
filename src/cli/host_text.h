// Reports on the host, as people and as programs read them.
#pragma once

#include <string>

#include "cloche/host.h"

namespace cloche::cli {

// One line for each finding. Below a finding that is not ok: what cloche does instead, and the
// remedy. `colour`: with ANSI sequences.
std::string host_text(const HostReport& report, bool colour);

// One JSON object with a line break: docs/doctor.md has its keys.
std::string host_json(const HostReport& report);

// 0 if all is ok, 1 if sandboxes run but something is degraded, else that of `unsupported`.
int host_status(const HostReport& report);

}  // namespace cloche::cli
