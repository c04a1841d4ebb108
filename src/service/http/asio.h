// The few names of Boost.Asio and Beast that this room is written in.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>

namespace cloche::service {

namespace asio = boost::asio;
namespace beast = boost::beast;

// Coroutines here keep away from what g++ 12 gets wrong: what awaits is a statement of its own or
// makes a variable, and is no condition and no part of a larger expression; lists in braces and
// conditional temporaries among its arguments are made before.
template <typename Value = void>
using Awaitable = asio::awaitable<Value>;

// TCP and unix sockets alike.
using Protocol = asio::generic::stream_protocol;
using Socket = beast::basic_stream<Protocol>;

// A coroutine gets an operation's error as a value: `const auto [error, size] = co_await …`.
inline constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

}  // namespace cloche::service
