// WebSockets (RFC 6455) over connections.
#pragma once

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "service/http/connection.h"
#include "service/http/exchange.h"

namespace cloche::service {

// Whether the request asks for one.
bool is_websocket_upgrade(const beast::http::request<beast::http::string_body>& request);

// Answers the request, which must be such. Null if the client is gone. The connection must stay as
// long as the result. Longer messages than `max_message` bytes end it.
Awaitable<std::unique_ptr<WebSocket>> accept_websocket(
    Connection& connection, const beast::http::request<beast::http::string_body>& request,
    std::size_t max_message);

}  // namespace cloche::service
