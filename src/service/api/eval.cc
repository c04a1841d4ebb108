// POST /eval, as the tutorial's service answers it: takes code and returns its output.
#include <algorithm>

#include "service/api/handlers.h"
#include "service/api/submit.h"
#include "util/json.h"

namespace cloche::service {

namespace {

HttpError invalid_payload() {
  return HttpError(400, "invalid_payload", "Invalid payload.");
}

std::string code_of(const HttpRequest& request) {
  try {
    demand_json(request);
  } catch (const HttpError&) {
    throw invalid_payload();
  }
  const Json body = Json::parse(request.body, nullptr, false);
  if (!body.is_object() || !body.contains("code") || !body["code"].is_string())
    throw invalid_payload();
  std::string code = body["code"];
  if (code.empty()) throw invalid_payload();
  return code;
}

std::string right_stripped(std::string text) {
  const std::size_t end = text.find_last_not_of(" \t\n\v\f\r\x1c\x1d\x1e\x1f");
  text.resize(end == text.npos ? 0 : end + 1);
  return text;
}

// The output of the run, followed by its errors and explanations.
Reply reply_of(const JobOutcome& outcome) {
  const Json result = Json::parse(outcome.result);
  // After a compile error, the compiler's messages are in the standard error.
  const std::string output =
      result.at("stdout").get<std::string>() + result.at("stderr").get<std::string>();
  return json_reply({{"status", "success"}, {"output", right_stripped(output)}});
}

}  // namespace

Awaitable<void> post_eval(Service& service, Exchange& exchange) {
  RunOrder order{{}, Bounds(service.config.runs)};
  order.request.solution = code_of(exchange.request());
  order.request.language = service.config.eval.language;
  order.request.version = service.config.eval.version;
  order.request.timeout = service.config.eval.timeout;
  order.bounds.timeout = std::min(order.bounds.timeout, service.config.eval.timeout);
  order.join_output = true;
  Submitted submitted = submit(service, exchange, order);
  const JobOutcome outcome = co_await outcome_of(submitted);
  co_await answer(exchange, submitted, reply_of(outcome));
}

}  // namespace cloche::service
