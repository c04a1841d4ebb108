// Services of a run: steps that start them before their program.
#pragma once

#include "runner/request/plan.h"
#include "runner/request/settle.h"

namespace cloche::runner {

// Lets the setup script and the last step of `plan` start the services that the mode always has and
// those that the request asks for. Throws Error usage for a service that the language does not
// have.
void plan_services(Plan& plan, const SettledRequest& settled, const Mode& mode);

}  // namespace cloche::runner
