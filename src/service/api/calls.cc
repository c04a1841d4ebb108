// POST /v1/calls: a function of the submitted code, called with JSON and answering JSON.
#include "service/api/handlers.h"
#include "service/api/submit.h"

namespace cloche::service {

using Json = nlohmann::ordered_json;

namespace {

// The shorter form of a run with a "call": its keys beside the others'.
runner::Request call_of(const std::string& body) {
  Json json = Json::parse(body, nullptr, false);
  // What is no JSON, the other reader tells better.
  if (!json.is_object()) return parse_body(body);
  if (!json.contains("entry") || !json["entry"].is_string())
    throw HttpError(422, "invalid_request", "\"entry\", the name of a function, is required.");
  const auto taken = [&json](const char* key, Json otherwise) {
    if (json.contains(key)) otherwise = std::move(json[key]);
    json.erase(key);
    return otherwise;
  };
  Json call;
  call["entry"] = taken("entry", {});
  call["args"] = taken("args", Json::array());
  json["call"] = std::move(call);
  return parse_body(json.dump());
}

}  // namespace

Awaitable<void> post_calls(Service& service, Exchange& exchange) {
  demand_json(exchange.request());
  Job job;
  job.request = call_of(exchange.request().body);
  const Outcome outcome = co_await outcome_of(service, submit(service, exchange, std::move(job)));
  Reply reply;
  reply.body = outcome.result;
  co_await exchange.reply(std::move(reply));
}

}  // namespace cloche::service
