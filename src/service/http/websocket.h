// WebSockets (RFC 6455) over connections.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "service/http/connection.h"
#include "service/http/exchange.h"

namespace cloche::service {

// Whether the request asks for a WebSocket.
bool is_websocket_upgrade(const beast::http::request<beast::http::string_body>& request);

// Answers the request, which must ask for a WebSocket. Null if the client is gone. The connection
// must live as long as the result. A message longer than `max_message` bytes ends it.
Awaitable<std::unique_ptr<WebSocket>> accept_websocket(
    Connection& connection, const beast::http::request<beast::http::string_body>& request,
    std::size_t max_message);

}  // namespace cloche::service
