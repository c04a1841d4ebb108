// Asks another service which user a token belongs to.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "service/auth/introspection.h"
#include "service/config.h"
#include "service/http/asio.h"

namespace cloche::service {

class IntrospectionClient {
 public:
  // Throws Error usage for a URL that is not http or https.
  IntrospectionClient(asio::io_context& context, const AuthConfig& config);

  // The user of a token, from GET URL/auth/status with the token. Nothing if it is not valid.
  // Answers are remembered for AuthConfig::cache. Throws HttpError "auth_unavailable" (503) if the
  // service does not answer.
  Awaitable<std::optional<IntrospectedUser>> ask(const std::string& token);

 private:
  struct Answer {
    unsigned status;
    std::string body;
  };
  Awaitable<Answer> get(const std::string& token);

  asio::io_context& context_;
  const AuthConfig config_;
  std::string host_, port_, path_;
  std::unique_ptr<asio::ssl::context> tls_;  // null for http
  IntrospectionCache cache_;
  unsigned asking_ = 0;
};

}  // namespace cloche::service
