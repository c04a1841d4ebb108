// Identifies the caller of a request.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "service/auth/introspection_client.h"
#include "service/auth/token_file.h"
#include "service/config.h"
#include "service/http/asio.h"
#include "service/http/exchange.h"

namespace cloche::service {

class Authenticator {
 public:
  // Reads the file of tokens. Throws Error.
  Authenticator(asio::io_context& context, const AuthConfig& config, const CallerLimits& limits);

  // Reads the file of tokens again. If it throws Error, the old tokens stay valid.
  void reload();

  // authorization: the header; peer: an address, or "unix". Throws HttpError: "no_token",
  // "invalid_token" (both 401) and "auth_unavailable" (503).
  Awaitable<Caller> identify(std::string authorization, std::string peer);

 private:
  const AuthConfig config_;
  const CallerLimits limits_;
  TokenFile tokens_;
  std::optional<IntrospectionClient> introspection_;
};

}  // namespace cloche::service
