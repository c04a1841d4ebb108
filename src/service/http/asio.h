// The names of Boost.Asio and Beast that src/service uses.
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

// g++ 12 compiles some coroutines wrongly. To avoid its defects, a co_await here is a statement of
// its own or initializes a variable. It is never a condition or a part of a larger expression. Its
// arguments contain no braced lists and no conditional temporaries: these are made before.
template <typename Value = void>
using Awaitable = asio::awaitable<Value>;

// For TCP sockets and unix sockets.
using Protocol = asio::generic::stream_protocol;
using Socket = beast::basic_stream<Protocol>;

// A coroutine gets an operation's error as a value: `const auto [error, size] = co_await …`.
inline constexpr auto with_error = asio::as_tuple(asio::use_awaitable);

}  // namespace cloche::service
