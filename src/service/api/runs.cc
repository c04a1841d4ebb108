// POST /v1/runs and DELETE /v1/runs/{id}, which offer everything that the runner can do.
#include "service/api/handlers.h"
#include "service/api/stream.h"
#include "service/api/submit.h"

namespace cloche::service {

namespace {

// While this object exists, the run can be found by the id of its request.
class Listed {
 public:
  Listed(Service& service, const Exchange& exchange, const std::shared_ptr<Run>& run)
      : service_(service), id_(exchange.request().id) {
    service_.runs.emplace(id_, run);
  }
  ~Listed() { service_.runs.erase(id_); }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

 private:
  Service& service_;
  const std::string id_;
};

bool wants_stream(const Target& target) {
  const auto asked = target.parameter("stream");
  if (!asked || *asked == "0" || *asked == "false") return false;
  if (*asked == "1" || *asked == "true") return true;
  throw HttpError(400, "invalid_request", "stream must be 1 or 0.");
}

}  // namespace

Awaitable<void> post_runs(Service& service, Exchange& exchange) {
  demand_json(exchange.request());
  const bool stream = wants_stream(exchange.request().target);
  RunOrder order{parse_body(exchange.request().body), Bounds(service.config.runs)};
  order.observe = stream;
  if (order.request.language.empty()) throw HttpError(422, "cannot_run", "A language is required.");
  Submitted submitted = submit(service, exchange, order);
  const Listed listed(service, exchange, submitted.run);
  if (stream) {
    co_await stream_events(service, exchange, std::move(submitted));
  } else {
    JobOutcome outcome = co_await outcome_of(submitted);
    Reply reply;
    reply.body = std::move(outcome.result);
    co_await answer(exchange, submitted, std::move(reply));
  }
}

Awaitable<void> delete_run(Service& service, Exchange& exchange) {
  const HttpRequest& request = exchange.request();
  const auto found = service.runs.find(request.parameter);
  const auto run = found == service.runs.end() ? nullptr : found->second.lock();
  // A caller must not see another caller's run.
  if (!run || run->caller() != request.caller.name)
    throw HttpError(404, "not_found", "There is no such run, or it has ended.");
  run->cancel();
  Reply reply;
  reply.status = 202;
  reply.body = R"({"status":"cancelling"})";
  co_await exchange.reply(std::move(reply));
}

}  // namespace cloche::service
