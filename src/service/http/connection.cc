#include "service/http/connection.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <optional>

namespace cloche::service {

namespace {

// The time limit of the TLS handshake, and that of the end of the connection.
constexpr std::chrono::seconds kHandshakeTime{10};

}  // namespace

class Connection::Layers {
 public:
  explicit Layers(Socket given) : plain(std::move(given)) {}
  Layers(Socket given, asio::ssl::context& context)
      : tls(std::in_place, std::move(given), context) {}

  Socket& socket() { return tls ? tls->next_layer() : *plain; }

  std::optional<Socket> plain;
  std::optional<beast::ssl_stream<Socket>> tls;
};

Connection::Connection(Socket socket) : layers_(std::make_unique<Layers>(std::move(socket))) {}

Connection::Connection(Socket socket, asio::ssl::context& tls)
    : layers_(std::make_unique<Layers>(std::move(socket), tls)) {}

Connection::~Connection() = default;

Socket& Connection::next_layer() {
  return layers_->socket();
}

bool Connection::has_tls() const {
  return layers_->tls.has_value();
}

Awaitable<bool> Connection::begin() {
  if (!has_tls()) co_return true;
  next_layer().expires_after(kHandshakeTime);
  const auto [error] =
      co_await layers_->tls->async_handshake(asio::ssl::stream_base::server, with_error);
  co_return !error;
}

Awaitable<void> Connection::begin_as_client(std::string host) {
  if (!has_tls()) co_return;
  SSL_set_tlsext_host_name(layers_->tls->native_handle(), host.c_str());
  layers_->tls->set_verify_callback(asio::ssl::host_name_verification(host));
  co_await layers_->tls->async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
}

Awaitable<void> Connection::end() {
  next_layer().expires_after(kHandshakeTime);
  if (has_tls()) co_await layers_->tls->async_shutdown(with_error);
  boost::system::error_code ignored;
  next_layer().socket().shutdown(Protocol::socket::shutdown_send, ignored);
}

void Connection::read_some(const Buffers<asio::mutable_buffer>& buffers, Completion then) {
  if (has_tls())
    layers_->tls->async_read_some(buffers, std::move(then));
  else
    layers_->plain->async_read_some(buffers, std::move(then));
}

void Connection::write_some(const Buffers<asio::const_buffer>& buffers, Completion then) {
  if (has_tls())
    layers_->tls->async_write_some(buffers, std::move(then));
  else
    layers_->plain->async_write_some(buffers, std::move(then));
}

void teardown(beast::role_type, Connection& connection, boost::system::error_code& error) {
  connection.next_layer().socket().shutdown(Protocol::socket::shutdown_both, error);
}

void end_then(Connection& connection, Completion then) {
  asio::co_spawn(connection.get_executor(), connection.end(),
                 [then = std::move(then)](const std::exception_ptr&) mutable { then({}, 0); });
}

}  // namespace cloche::service
