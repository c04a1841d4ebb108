#include "service/api/submit.h"

#include <boost/beast/core/string.hpp>

#include "cloche/error.h"
#include "service/api/deliver.h"

namespace cloche::service {

namespace {

using std::chrono::milliseconds;

// The time allowed besides the steps: for making and removing sandboxes, and for a loaded machine.
constexpr std::chrono::seconds kOtherTime{60};

// The buffers of a socket take this many bytes without a reader.
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

// Fills in every limit that the request leaves open, so that it stays within the bounds.
void bound(runner::SettledRequest& settled, const Bounds& bounds) {
  runner::Request& request = settled.request;
  const runner::ModeLimits limits = runner::limits_of(settled);
  bound_time(request.timeout, std::chrono::duration_cast<milliseconds>(limits.run.wall_time),
             bounds.timeout, "The timeout");
  bound_time(request.compile_timeout, limits.compile_wall, bounds.compile_timeout,
             "The compile timeout");
  const milliseconds most_cpu = std::max(bounds.timeout, bounds.compile_timeout);
  for (const auto* time : {&request.cpu_time, &request.compile_cpu_time})
    if (*time && **time > most_cpu) throw beyond("The CPU time", in_milliseconds(most_cpu));
  bound_memory(request.memory_bytes, limits.run.memory_bytes, bounds.memory_bytes, "The memory");
  bound_memory(request.compile_memory_bytes,
               limits.compile_memory_bytes.value_or(*request.memory_bytes), bounds.memory_bytes,
               "The memory of the compiler");
  request.strict = request.strict || bounds.strict;
  if (!bounds.loopback) request.network = Network::none;
}

runner::Plan plan(const Service& service, const RunOrder& order) {
  try {
    runner::SettledRequest settled = runner::settle(order.request);
    bound(settled, order.bounds);
    runner::Plan plan = runner::make_plan(std::move(settled));
    if (!service.runner.store().contains(plan.image))
      throw HttpError(503, "image_missing",
                      "The image " + plan.image + ", on which this would run, is not there.");
    return plan;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::usage || error.kind() == ErrorKind::unsupported ||
        error.kind() == ErrorKind::bad_data)
      throw HttpError(422, "cannot_run", "Cannot " + std::string(error.what()) + ".");
    throw;
  }
}

bool is_of_type(const HttpRequest& request, std::string_view type) {
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

}  // namespace

Bounds::Bounds(const RunsConfig& config)
    : timeout(config.timeout_max),
      compile_timeout(config.compile_timeout_max),
      memory_bytes(config.memory_max),
      strict(config.strict) {}

std::shared_ptr<Run> submit(Service& service, const HttpRequest& asked, const RunOrder& order,
                            Run::Sink sink) {
  if (service.draining())
    throw HttpError(503, "draining", "The service is being stopped.", {{"Retry-After", "5"}});
  Job job{plan(service, order), order.observe, order.join_output, order.interactive,
          service.config.runs.output_bytes};
  const std::uint64_t memory = runner::memory_of(job.plan);
  if (memory > service.scheduler.memory_total())
    throw beyond("The memory", std::to_string(service.scheduler.memory_total()) + " bytes");

  auto decision =
      service.allowances.begin(asked.caller.name, asked.caller.limits, Allowances::Clock::now());
  if (!decision.hold) {
    service.metrics.count_refusal("caller");
    throw too_many("too_many_requests", decision.reason, decision.retry_after);
  }
  log_code(service.log, asked.id, order.request);

  Scheduler::Submission submission;
  submission.memory_bytes = memory;
  submission.patience =
      std::chrono::duration_cast<milliseconds>(runner::wall_time_of(job.plan)) + kOtherTime;
  submission.job = std::move(job);
  submission.caller = asked.caller.name;
  submission.hold = std::move(decision.hold);
  submission.sink = std::move(sink);
  auto admission = Scheduler::Admission::accepted;
  auto run = service.scheduler.submit(std::move(submission), admission);
  if (!run) {
    service.metrics.count_refusal("queue_full");
    throw too_many("queue_full", "Too many runs are waiting.", std::chrono::seconds(1));
  }
  return run;
}

Submitted submit(Service& service, Exchange& exchange, const RunOrder& order) {
  const auto events = std::make_shared<RunEvents>(service.context.get_executor());
  const auto run = submit(service, exchange.request(), order,
                          [events](RunEvent event) { deliver(*events, std::move(event)); });
  exchange.on_hang_up([run] { run->cancel(); });
  return {run, events, run->hold()};
}

Awaitable<JobOutcome> outcome_of(const Submitted& submitted) {
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

void demand_json(const HttpRequest& request) {
  if (!is_of_type(request, "application/json"))
    throw HttpError(415, "not_json", "requests must be of type application/json");
}

void demand_piston_json(const HttpRequest& request) {
  if (!is_of_type(request, "text/plain")) demand_json(request);
}

}  // namespace cloche::service
