// POST /v1/calls: calls a function of the submitted code with JSON and answers with JSON.
#include "service/api/handlers.h"
#include "service/api/submit.h"
#include "util/json_text.h"

namespace cloche::service {

namespace {

// The shorter form of a run with a "call": the keys of the call stand beside the others. The
// arguments stay as text, because a number may be larger than any number type here.
runner::Request call_of(const std::string& body) {
  runner::Request request = parse_body(body);
  const auto entry = request.options.extract("entry");
  request.options.erase("args");
  if (!request.call) {
    if (entry.empty() || entry.mapped().size() != 1 || entry.mapped().front().empty())
      throw HttpError(422, "invalid_request", "\"entry\", the name of a function, is required.");
    const auto arguments = member_text(body, "args");
    request.call = runner::Call{entry.mapped().front(), std::string(arguments.value_or("[]"))};
  }
  return request;
}

}  // namespace

Awaitable<void> post_calls(Service& service, Exchange& exchange) {
  demand_json(exchange.request());
  RunOrder order{call_of(exchange.request().body), Bounds(service.config.runs)};
  Submitted submitted = submit(service, exchange, order);
  JobOutcome outcome = co_await outcome_of(submitted);
  Reply reply;
  reply.body = std::move(outcome.result);
  co_await answer(exchange, submitted, std::move(reply));
}

}  // namespace cloche::service
