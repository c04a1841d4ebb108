// One connection: requests in, one after the other, and answers out.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <string>

#include "service/config.h"
#include "service/http/asio.h"
#include "service/http/exchange.h"

namespace cloche::service {

// What a session asks of the service. All is called on the server's thread.
struct Front {
  const HttpConfig* config = nullptr;

  // Called with method, path and headers before the body is read. What it throws (HttpError) is
  // answered without reading the body.
  struct Head {
    Request* request;  // id, method, target and content type are set; gets the caller
    std::string authorization, host, origin;
    std::string peer;  // "127.0.0.1" or "unix"
    bool upgrade = false;
  };
  std::function<Awaitable<void>(Head& head)> admit;
  // Handles a request that was admitted. What it throws is answered if nothing was yet.
  std::function<Awaitable<void>(Exchange& exchange)> handle;
  // The answer to what was thrown, in the style of the path.
  std::function<Reply(const Request& request, const std::exception& thrown)> error;
  // The answer is complete (or has failed).
  std::function<void(const Exchange& exchange, std::chrono::nanoseconds time)> done;
  // No further requests are taken on connections.
  std::function<bool()> draining;
  std::function<std::string()> next_id;
};

// Serves a connection until it ends; without TLS where `tls` is null. Throws nothing.
Awaitable<void> serve(Socket socket, std::string peer, asio::ssl::context* tls, const Front& front);

}  // namespace cloche::service
