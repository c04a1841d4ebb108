#include "service/api/submit.h"

#include <boost/beast/core/string.hpp>

#include "cloche/error.h"
#include "service/api/deliver.h"

namespace cloche::service {

namespace {

using std::chrono::milliseconds;

// Steps that have no time of their own in the request: the setup script, making and unmaking the
// sandbox, and a loaded machine.
constexpr std::chrono::seconds kOtherTime{60};

// What sockets take without a reader anyway.
constexpr std::size_t kFewBytes = 64 << 10;

HttpError beyond(const std::string& what, const std::string& most) {
  return HttpError(422, "limit_exceeded",
                   what + " is more than this service allows: " + most + ".");
}

std::string in_milliseconds(milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

void bound_time(std::optional<milliseconds>& asked, milliseconds otherwise, milliseconds most,
                const char* what) {
  if (asked && *asked > most) throw beyond(what, in_milliseconds(most));
  if (!asked) asked = std::min(otherwise, most);
}

void bound_memory(std::optional<std::uint64_t>& asked, std::uint64_t otherwise, std::uint64_t most,
                  const char* what) {
  if (asked && *asked > most) throw beyond(what, std::to_string(most) + " bytes");
  if (!asked) asked = std::min(otherwise, most);
}

// Fills in every limit, so that what the request leaves open stays within what is allowed.
void bound(runner::Request& request, const runner::Planned& planned, const RunsConfig& config) {
  bound_time(request.timeout, planned.wall, config.timeout_max, "The timeout");
  bound_time(request.compile_timeout, planned.compile_wall, config.compile_timeout_max,
             "The compile timeout");
  for (const auto* time : {&request.cpu_time, &request.compile_cpu_time})
    if (*time && **time > std::max(config.timeout_max, config.compile_timeout_max))
      throw beyond("The CPU time", in_milliseconds(config.timeout_max));
  bound_memory(request.memory_bytes, planned.memory_bytes, config.memory_max, "The memory");
  bound_memory(request.compile_memory_bytes, *request.memory_bytes, config.memory_max,
               "The memory of the compiler");
  request.strict = request.strict || config.strict;
}

runner::Planned plan(const Service& service, const runner::Request& request) {
  try {
    const runner::Planned planned = service.runner.plan(request);
    if (!service.runner.store().contains(planned.image))
      throw HttpError(503, "image_missing",
                      "The image " + planned.image + ", on which this would run, is not there.");
    return planned;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::usage || error.kind() == ErrorKind::unsupported ||
        error.kind() == ErrorKind::bad_data)
      throw HttpError(422, "cannot_run", "Cannot " + std::string(error.what()) + ".");
    throw;
  }
}

bool is_of_type(const Request& request, std::string_view type) {
  return beast::iequals(std::string_view(request.content_type).substr(0, type.size()), type);
}

void log_code(Log& log, const std::string& id, const runner::Request& request) {
  if (!log.with_code()) return;
  log.info("code", {{"id", id},
                    {"language", request.language},
                    {"setup", request.setup},
                    {"solution", request.solution},
                    {"fixture", request.fixture}});
}

milliseconds patience(const runner::Request& request, const runner::Planned& planned) {
  const auto runs = static_cast<std::int64_t>(std::max<std::size_t>(1, request.cases.size()));
  const auto compilations = static_cast<std::int64_t>(planned.compile_steps);
  return *request.timeout * runs + *request.compile_timeout * compilations + kOtherTime;
}

}  // namespace

std::shared_ptr<Run> submit(Service& service, const Request& asked, Job job, Run::Sink sink) {
  if (service.draining())
    throw HttpError(503, "draining", "The service is being stopped.", {{"Retry-After", "5"}});
  const runner::Planned planned = plan(service, job.request);
  bound(job.request, planned, service.config.runs);
  const std::uint64_t memory =
      std::max(*job.request.memory_bytes, *job.request.compile_memory_bytes);
  if (memory > service.scheduler.memory_total())
    throw beyond("The memory", std::to_string(service.scheduler.memory_total()) + " bytes");

  auto decision =
      service.allowances.begin(asked.caller.name, asked.caller.limits, Allowances::Clock::now());
  if (!decision.hold) {
    service.metrics.count_refusal("caller");
    throw too_many("too_many_requests", decision.reason, decision.retry_after);
  }
  log_code(service.log, asked.id, job.request);
  if (job.output_bytes == 0) job.output_bytes = service.config.runs.output_bytes;

  Scheduler::Submission submission;
  submission.memory_bytes = memory;
  submission.patience = patience(job.request, planned);
  submission.job = std::move(job);
  submission.caller = asked.caller.name;
  submission.hold = std::move(decision.hold);
  submission.sink = std::move(sink);
  auto refusal = Scheduler::Refusal::none;
  auto run = service.scheduler.submit(std::move(submission), refusal);
  if (!run) {
    service.metrics.count_refusal("queue_full");
    throw too_many("queue_full", "Too many runs are waiting.", std::chrono::seconds(1));
  }
  return run;
}

Submitted submit(Service& service, Exchange& exchange, Job job) {
  const auto events = std::make_shared<RunEvents>(service.context.get_executor());
  const auto run = submit(service, exchange.request(), std::move(job),
                          [events](RunEvent event) { deliver(*events, std::move(event)); });
  exchange.on_hang_up([run] { run->cancel(); });
  return {run, events, run->hold()};
}

Awaitable<Outcome> outcome_of(const Submitted& submitted) {
  for (;;) {
    auto event = co_await submitted.events->take();
    if (!event || !event->last()) continue;
    if (!event->outcome) throw failure_of(*event);
    co_return std::move(*event->outcome);
  }
}

void give_back(Submitted& submitted, std::size_t size) {
  if (size <= kFewBytes) submitted.hold.reset();
}

Awaitable<void> answer(Exchange& exchange, Submitted& submitted, Reply reply) {
  give_back(submitted, reply.body.size());
  co_await exchange.reply(std::move(reply));
}

HttpError failure_of(const RunEvent& event) {
  switch (event.kind) {
    case RunEvent::Kind::expired:
      return too_many("queue_time", "The run waited too long for its turn.",
                      std::chrono::seconds(1));
    case RunEvent::Kind::withdrawn:
      return HttpError(409, "cancelled", "The run was cancelled before it started.");
    case RunEvent::Kind::failure:
      if (event.failure.kind == ErrorKind::usage || event.failure.kind == ErrorKind::bad_data ||
          event.failure.kind == ErrorKind::unsupported)
        return HttpError(422, "cannot_run", "Cannot " + event.failure.message + ".");
      if (event.failure.kind == ErrorKind::image_missing)
        return HttpError(503, "image_missing", "Cannot " + event.failure.message + ".");
      return HttpError(500, "internal", "Something bad happened. Please try again.");
    default:
      return HttpError(500, "worker_died", "Something bad happened. Please try again.");
  }
}

runner::Request parse_body(const std::string& body) {
  try {
    return runner::parse_request(body, "the request");
  } catch (const Error& error) {
    throw HttpError(400, "invalid_request", "Cannot " + std::string(error.what()) + ".");
  }
}

void demand_json(const Request& request) {
  if (!is_of_type(request, "application/json"))
    throw HttpError(415, "not_json", "requests must be of type application/json");
}

void demand_piston_json(const Request& request) {
  if (!is_of_type(request, "text/plain")) demand_json(request);
}

}  // namespace cloche::service
