// The handlers of requests, one function for each path.
#pragma once

#include "service/http/exchange.h"

namespace cloche::service {

class Service;

// probes.cc
Awaitable<void> get_ping(Service& service, Exchange& exchange);
Awaitable<void> get_health(Service& service, Exchange& exchange);
Awaitable<void> get_metrics(Service& service, Exchange& exchange);
Awaitable<void> get_openapi(Service& service, Exchange& exchange);
// languages.cc
Awaitable<void> get_languages(Service& service, Exchange& exchange);
// eval.cc
Awaitable<void> post_eval(Service& service, Exchange& exchange);
// runs.cc
Awaitable<void> post_runs(Service& service, Exchange& exchange);
Awaitable<void> delete_run(Service& service, Exchange& exchange);
// calls.cc
Awaitable<void> post_calls(Service& service, Exchange& exchange);
// piston_execute.cc
Awaitable<void> get_runtimes(Service& service, Exchange& exchange);
Awaitable<void> post_execute(Service& service, Exchange& exchange);
// piston_connect.cc
Awaitable<void> get_connect(Service& service, Exchange& exchange);
// piston_packages.cc
Awaitable<void> get_packages(Service& service, Exchange& exchange);
Awaitable<void> post_packages(Service& service, Exchange& exchange);
Awaitable<void> delete_packages(Service& service, Exchange& exchange);

}  // namespace cloche::service
