// A connection, with TLS or without: one type of stream for all that HTTP and WebSockets do, so
// that theirs is compiled once. It is an AsyncStream of Boost.Beast.
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

// What is to be called at the end of an operation, once, of whatever type it is.
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
      // Its memory is given back first: the handler may begin the next operation.
      Handler called(std::move(handler));
      delete this;
      called(error, size);
    }
    Handler handler;
  };
  std::unique_ptr<Base> held_;
};

// As many buffers of a sequence as one operation takes.
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
  // The TLS handshake is still to be made.
  Connection(Socket socket, asio::ssl::context& tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  executor_type get_executor() { return next_layer().get_executor(); }
  Socket& next_layer();
  const Socket& next_layer() const { return const_cast<Connection*>(this)->next_layer(); }
  bool has_tls() const;

  // The TLS handshake, where there is one. False if it failed.
  Awaitable<bool> begin();
  // The same as the client of this host, whose certificate must be good and for this name. Throws
  // boost::system::system_error. Within the time that next_layer() has left.
  Awaitable<void> begin_as_client(std::string host);
  // Tells the other side that nothing more comes.
  Awaitable<void> end();

  // As of a socket of Asio.
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

// How a WebSocket over it ends: what Beast looks for beside a stream's type.
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
