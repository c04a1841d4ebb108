// Answers, and the errors that handlers throw.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloche::service {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Reply {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body;
  Headers headers;
};

// Bytes that are not UTF-8 become U+FFFD.
Reply json_reply(const nlohmann::ordered_json& json, unsigned status = 200);

// The error for a request that cannot be served.
class HttpError : public std::runtime_error {
 public:
  // code: a word of docs/api.md, for programs: "invalid_request".
  HttpError(unsigned status, std::string code, const std::string& message, Headers headers = {})
      : std::runtime_error(message),
        status_(status),
        code_(std::move(code)),
        headers_(std::move(headers)) {}

  unsigned status() const { return status_; }
  const std::string& code() const { return code_; }
  const Headers& headers() const { return headers_; }

 private:
  unsigned status_;
  std::string code_;
  Headers headers_;
};

// 429, with the seconds after which trying again may help.
HttpError too_many(const std::string& code, const std::string& message,
                   std::chrono::seconds retry_after);

// The form of error answers of a group of paths.
enum class ErrorStyle {
  api,    // {"error": {"code", "message"}, "requestId"}
  eval,   // {"status": "error", "message"}: the tutorial's service
  piston  // {"message"}
};
Reply error_reply(ErrorStyle style, const HttpError& error, const std::string& request_id);

}  // namespace cloche::service
