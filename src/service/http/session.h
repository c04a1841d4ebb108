// One connection: reads requests one after the other, and writes their answers.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <string>

#include "service/config.h"
#include "service/http/asio.h"
#include "service/http/exchange.h"

namespace cloche::service {

// The callbacks of a session into the service. All run on the server's thread.
struct Front {
  const HttpConfig* config = nullptr;

  // Called with method, path and headers before the body is read. An HttpError that it throws is
  // answered without reading the body.
  struct Head {
    HttpRequest* request;  // id, method, target and content type are set; gets the caller
    std::string authorization, host, origin;
    std::string peer;  // "127.0.0.1" or "unix"
    bool upgrade = false;
  };
  std::function<Awaitable<void>(Head& head)> admit;
  // Handles an admitted request. An exception is answered if there is no answer yet.
  std::function<Awaitable<void>(Exchange& exchange)> handle;
  // The answer to an exception, in the style of the path.
  std::function<Reply(const HttpRequest& request, const std::exception& thrown)> error;
  // Called when the answer is complete or has failed.
  std::function<void(const Exchange& exchange, std::chrono::nanoseconds time)> done;
  // Whether connections accept no further requests.
  std::function<bool()> draining;
  std::function<std::string()> next_id;
};

// Serves a connection until it ends; without TLS where `tls` is null. Throws nothing.
Awaitable<void> serve(Socket socket, std::string peer, asio::ssl::context* tls, const Front& front);

}  // namespace cloche::service
