#include "service/http/reply.h"

#include "util/json.h"

namespace cloche::service {

Reply json_reply(const Json& json, unsigned status) {
  Reply reply;
  reply.status = status;
  reply.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return reply;
}

HttpError too_many(const std::string& code, const std::string& message,
                   std::chrono::seconds retry_after) {
  return HttpError(429, code, message, {{"Retry-After", std::to_string(retry_after.count())}});
}

Reply error_reply(ErrorStyle style, const HttpError& error, const std::string& request_id) {
  Json json;
  switch (style) {
    case ErrorStyle::api:
      json = {{"error", {{"code", error.code()}, {"message", error.what()}}},
              {"requestId", request_id}};
      break;
    case ErrorStyle::eval:
      json = {{"status", "error"}, {"message", error.what()}};
      break;
    case ErrorStyle::piston:
      json = {{"message", error.what()}};
      break;
  }
  Reply reply = json_reply(json, error.status());
  reply.headers = error.headers();
  return reply;
}

}  // namespace cloche::service
