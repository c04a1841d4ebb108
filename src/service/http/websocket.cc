#include "service/http/websocket.h"

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

namespace cloche::service {

namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;

// A client that is silent for half of this time gets a ping. After the whole time it counts as
// gone.
constexpr std::chrono::seconds kIdle{300};

class Accepted : public WebSocket {
 public:
  Accepted(Connection& connection, std::size_t max_message) : socket_(connection) {
    // The WebSocket has time limits of its own.
    connection.next_layer().expires_never();
    websocket::stream_base::timeout times =
        websocket::stream_base::timeout::suggested(beast::role_type::server);
    times.idle_timeout = kIdle;
    times.keep_alive_pings = true;
    socket_.set_option(times);
    socket_.read_message_max(max_message);
  }

  Awaitable<bool> accept(const http::request<http::string_body>& request) {
    const auto [error] = co_await socket_.async_accept(request, with_error);
    co_return !error;
  }

  Awaitable<std::optional<std::string>> read() override {
    beast::flat_buffer buffer;
    const auto [error, size] = co_await socket_.async_read(buffer, with_error);
    if (error) co_return std::nullopt;
    co_return beast::buffers_to_string(buffer.data());
  }

  Awaitable<bool> send(std::string message) override {
    socket_.text(true);
    const auto [error, size] = co_await socket_.async_write(asio::buffer(message), with_error);
    co_return !error;
  }

  Awaitable<void> close(unsigned short code, std::string reason) override {
    websocket::close_reason why(code);
    why.reason = reason;
    co_await socket_.async_close(why, with_error);
  }

 private:
  websocket::stream<Connection&> socket_;
};

}  // namespace

bool is_websocket_upgrade(const http::request<http::string_body>& request) {
  return websocket::is_upgrade(request);
}

Awaitable<std::unique_ptr<WebSocket>> accept_websocket(
    Connection& connection, const http::request<http::string_body>& request,
    std::size_t max_message) {
  auto socket = std::make_unique<Accepted>(connection, max_message);
  const bool accepted = co_await socket->accept(request);
  if (!accepted) co_return nullptr;
  co_return socket;
}

}  // namespace cloche::service
