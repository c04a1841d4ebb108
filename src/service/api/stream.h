// A run as server-sent events (the HTML standard, 9.2).
#pragma once

#include "service/api/submit.h"

namespace cloche::service {

Awaitable<void> stream_events(Service& service, Exchange& exchange, Submitted submitted);

}  // namespace cloche::service
