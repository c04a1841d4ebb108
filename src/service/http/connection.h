// A connection, with TLS or without. HTTP and WebSockets use this one type of stream, so their
// templates are compiled once. It is an AsyncStream of Boost.Beast.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "service/http/asio.h"

namespace cloche::service {

// The handler to call once at the end of an operation, of any type.
class Completion {
 public:
  template <typename Handler>
  requires(!std::is_same_v<std::decay_t<Handler>, Completion>) explicit Completion(
      Handler&& handler)
      : held_(std::make_unique<Of<std::decay_t<Handler>>>(std::forward<Handler>(handler))) {}

  void operator()(boost::system::error_code error, std::size_t size) {
    held_.release()->call(error, size);
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void call(boost::system::error_code error, std::size_t size) = 0;
  };
  template <typename Handler>
  struct Of : Base {
    explicit Of(Handler&& given) : handler(std::move(given)) {}
    void call(boost::system::error_code error, std::size_t size) override {
      // Free the memory first: the handler may begin the next operation.
      Handler called(std::move(handler));
      delete this;
      called(error, size);
    }
    Handler handler;
  };
  std::unique_ptr<Base> held_;
};

// The first buffers of a sequence, as many as one operation takes.
template <typename Buffer>
class Buffers {
 public:
  using value_type = Buffer;
  using const_iterator = const Buffer*;

  template <typename Sequence>
  explicit Buffers(const Sequence& all) {
    const auto last = asio::buffer_sequence_end(all);
    for (auto at = asio::buffer_sequence_begin(all); at != last && count_ < kMost; ++at) {
      const Buffer buffer(*at);
      if (buffer.size() > 0) buffers_[count_++] = buffer;
    }
  }
  const Buffer* begin() const { return buffers_; }
  const Buffer* end() const { return buffers_ + count_; }

 private:
  static constexpr std::size_t kMost = 8;
  Buffer buffers_[kMost];
  std::size_t count_ = 0;
};

class Connection {
 public:
  using next_layer_type = Socket;
  using executor_type = Socket::executor_type;

  explicit Connection(Socket socket);
  // With TLS. The caller still has to make the handshake.
  Connection(Socket socket, asio::ssl::context& tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  executor_type get_executor() { return next_layer().get_executor(); }
  Socket& next_layer();
  const Socket& next_layer() const { return const_cast<Connection*>(this)->next_layer(); }
  bool has_tls() const;

  // Makes the TLS handshake, if the connection has TLS. False if it failed.
  Awaitable<bool> begin();
  // The same as the client of this host. Its certificate must be valid for this name. Throws
  // boost::system::system_error. Uses the time limit that is set on next_layer().
  Awaitable<void> begin_as_client(std::string host);
  // Tells the other side that no more data follows.
  Awaitable<void> end();

  // The interface of an Asio socket.
  template <typename Sequence, typename Token>
  auto async_read_some(const Sequence& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto&& handler, const Sequence& all) {
          read_some(Buffers<asio::mutable_buffer>(all),
                    Completion(std::forward<decltype(handler)>(handler)));
        },
        token, buffers);
  }
  template <typename Sequence, typename Token>
  auto async_write_some(const Sequence& buffers, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto&& handler, const Sequence& all) {
          write_some(Buffers<asio::const_buffer>(all),
                     Completion(std::forward<decltype(handler)>(handler)));
        },
        token, buffers);
  }

 private:
  class Layers;

  void read_some(const Buffers<asio::mutable_buffer>& buffers, Completion then);
  void write_some(const Buffers<asio::const_buffer>& buffers, Completion then);

  const std::unique_ptr<Layers> layers_;
};

// Ends a WebSocket over this stream. Beast finds this function by the stream's type.
void teardown(beast::role_type role, Connection& connection, boost::system::error_code& error);
void end_then(Connection& connection, Completion then);
template <typename Handler>
void async_teardown(beast::role_type, Connection& connection, Handler&& handler) {
  end_then(connection, Completion([called = std::decay_t<Handler>(std::forward<Handler>(handler))](
                                      boost::system::error_code error, std::size_t) mutable {
             called(error);
           }));
}

}  // namespace cloche::service
