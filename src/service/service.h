// A running service: configuration, log, figures, scheduler, callers, runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "cloche/runner.h"
#include "service/api/playground.h"
#include "service/auth/allowance.h"
#include "service/auth/authenticator.h"
#include "service/config.h"
#include "service/http/session.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/schedule/scheduler.h"

namespace cloche::service {

class Service {
 public:
  // Starts the workers, opens no sockets. Throws Error.
  Service(asio::io_context& context, const ServiceConfig& config);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // The callbacks for sessions. Valid as long as the service.
  const Front& front() const { return front_; }

  void reload();  // reads the tokens again; logs a failure
  // Refuses new requests, and completes when runs have ended and their answers are sent.
  Awaitable<void> drain();
  bool draining() const { return draining_; }

  // Members that handlers use.
  asio::io_context& context;
  const ServiceConfig config;
  Log log;
  Metrics metrics;
  Scheduler scheduler;
  Authenticator authenticator;
  Allowances allowances;
  const runner::Runner runner;
  const std::vector<runner::LanguageInfo> languages;
  const Playground playground;
  // Runs that can be cancelled, by the id of their request.
  std::map<std::string, std::weak_ptr<Run>, std::less<>> runs;
  std::size_t connections = 0;

 private:
  Awaitable<void> admit(Front::Head& head);
  Awaitable<void> handle(Exchange& exchange);
  Reply error(const HttpRequest& request, const std::exception& thrown);
  void done(const Exchange& exchange, std::chrono::nanoseconds time);
  void check_origin(const Front::Head& head) const;

  Front front_;
  bool draining_ = false;
  std::size_t answering_ = 0;  // requests that are being handled
};

}  // namespace cloche::service
