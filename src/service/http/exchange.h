// One request and its answer, as handlers see them, independent of the socket below.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/config.h"
#include "service/http/asio.h"
#include "service/http/reply.h"
#include "service/http/target.h"

namespace cloche::service {

// The sender of a request.
struct Caller {
  std::string name;  // unique among callers: of a token, a user, or an address
  CallerLimits limits;
  bool is_operator = false;
};

struct Route;  // api/routes.h

struct HttpRequest {
  std::string id;      // made by the service; also in the answer's X-Request-Id
  std::string method;  // "GET"; "HEAD" comes as "GET"
  const Route* route = nullptr;
  std::string parameter;  // the value of the route's {parameter}
  Target target;
  std::string content_type;  // as sent
  bool takes_gzip = false;   // whether the answer may be compressed
  std::string body;
  Caller caller;
};

// An accepted WebSocket (RFC 6455).
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  // The next text or binary message. Nothing once the other side has closed or is gone.
  virtual Awaitable<std::optional<std::string>> read() = 0;
  // False if the other side is gone.
  virtual Awaitable<bool> send(std::string text) = 0;
  virtual Awaitable<void> close(unsigned short code, std::string reason) = 0;
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  const HttpRequest& request() const { return request_; }
  // The status of the answer; 0 before there is one.
  unsigned status() const { return status_; }

  // Exactly one of these three functions answers. Writing to a client that is gone is no error:
  // on_hang_up reports it.
  virtual Awaitable<void> reply(Reply reply) = 0;
  // Sends the status line and headers of `head`, then the pieces that write() gives. False when the
  // client is gone or too slow.
  virtual Awaitable<bool> begin_stream(Reply head) = 0;
  virtual Awaitable<bool> write(std::string piece) = 0;
  virtual Awaitable<void> end_stream() = 0;
  // Null if the request is not an upgrade to a WebSocket.
  virtual Awaitable<std::unique_ptr<WebSocket>> accept_websocket(std::size_t max_message) = 0;

  // Calls `then` once if the client hangs up before the answer is complete. Not for a WebSocket,
  // whose read() reports it.
  virtual void on_hang_up(std::function<void()> then) = 0;

 protected:
  HttpRequest request_;
  unsigned status_ = 0;
};

}  // namespace cloche::service
