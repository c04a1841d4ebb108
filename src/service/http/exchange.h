// One request and its answer, as handlers see them: whatever socket is below.
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

// Who asks.
struct Caller {
  std::string name;  // unique among callers: of a token, a user, or an address
  CallerLimits limits;
  bool is_operator = false;
};

struct Route;  // api/routes.h

struct Request {
  std::string id;      // made by the service; also in the answer's X-Request-Id
  std::string method;  // "GET"; "HEAD" comes as "GET"
  const Route* route = nullptr;
  std::string parameter;  // what stands for the route's {parameter}
  Target target;
  std::string content_type;  // as sent
  bool takes_gzip = false;   // of answers
  std::string body;
  Caller caller;
};

// A WebSocket (RFC 6455), accepted.
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

  const Request& request() const { return request_; }
  // The status that was answered; 0 before.
  unsigned status() const { return status_; }

  // Exactly one of these three answers. Writing to a client that is gone is no error: on_hang_up
  // tells of it.
  virtual Awaitable<void> reply(Reply reply) = 0;
  // The status line and headers of `head`, then what write() brings. False once the client is gone
  // or too slow.
  virtual Awaitable<bool> begin_stream(Reply head) = 0;
  virtual Awaitable<bool> write(std::string piece) = 0;
  virtual Awaitable<void> end_stream() = 0;
  // Null if the request is no upgrade to one.
  virtual Awaitable<std::unique_ptr<WebSocket>> accept_websocket(std::size_t max_message) = 0;

  // Calls it once if the client hangs up before the answer is complete. Not with a WebSocket, whose
  // read() tells.
  virtual void on_hang_up(std::function<void()> then) = 0;

 protected:
  Request request_;
  unsigned status_ = 0;
};

}  // namespace cloche::service
