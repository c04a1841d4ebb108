#include "service/http/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/version.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cerrno>

namespace cloche::service {

namespace {

namespace http = beast::http;
namespace websocket = beast::websocket;
using TlsSocket = beast::ssl_stream<Socket>;

constexpr std::chrono::seconds kHandshakeTime{10};
// A client that has not looked at so many bytes of a stream is gone for us.
constexpr std::chrono::seconds kWebSocketIdle{300};

std::string text(beast::string_view view) {
  return std::string(view.data(), view.size());
}

// Whether the other side has closed, or at least will send no more.
bool has_hung_up(Socket& socket, bool tls) {
  const int fd = socket.socket().native_handle();
  pollfd state{fd, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
    return true;
  // A closing alert of TLS comes before the end of the connection.
  char first = 0;
  return tls && ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first == 21;
}

// Looks for a hang-up while a request is being handled.
class Watch : public std::enable_shared_from_this<Watch> {
 public:
  Watch(Socket& socket, bool tls, std::function<void()> then)
      : socket_(socket), timer_(socket.get_executor()), tls_(tls), then_(std::move(then)) {}

  void start() {
    socket_.socket().async_wait(
        Protocol::socket::wait_read,
        asio::bind_cancellation_slot(stop_.slot(), [self = shared_from_this()](auto error) {
          if (!error) self->look();
        }));
  }
  void stop() {
    stopped_ = true;
    stop_.emit(asio::cancellation_type::all);
    timer_.cancel();
  }

 private:
  void look() {
    if (stopped_) return;
    if (has_hung_up(socket_, tls_)) return then_();
    // The client has sent its next request before it had its answer: that stays readable, so the
    // end is looked for now and then.
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error) self->look();
    });
  }

  Socket& socket_;
  asio::steady_timer timer_;
  asio::cancellation_signal stop_;
  const bool tls_;
  const std::function<void()> then_;
  bool stopped_ = false;
};

template <typename Stream>
class WebSocketOver : public WebSocket {
 public:
  WebSocketOver(Stream& stream, std::size_t max_message) : socket_(stream) {
    beast::get_lowest_layer(stream).expires_never();
    websocket::stream_base::timeout times =
        websocket::stream_base::timeout::suggested(beast::role_type::server);
    times.idle_timeout = kWebSocketIdle;
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
  websocket::stream<Stream&> socket_;
};

template <typename Stream>
class Session {
 public:
  Session(Stream stream, std::string peer, const Front& front)
      : stream_(std::move(stream)), peer_(std::move(peer)), front_(front) {}

  Stream& stream() { return stream_; }
  Awaitable<void> run();

 private:
  class Answer;
  using Parser = http::request_parser<http::string_body>;

  // Until the first bytes of a request are there. False if none come.
  Awaitable<bool> request_comes();
  Awaitable<void> serve_one();
  Awaitable<bool> read_body(Parser& parser);
  Request begin_request(const http::request<http::string_body>& message) const;
  static constexpr bool kTls = std::is_same_v<Stream, TlsSocket>;

  Socket& lowest() { return beast::get_lowest_layer(stream_); }

  Stream stream_;
  const std::string peer_;
  const Front& front_;
  beast::flat_buffer buffer_;
  bool keep_ = true;
};

// The answer to one request, and its Exchange.
template <typename Stream>
class Session<Stream>::Answer : public Exchange {
 public:
  Answer(Session& session, Request request, unsigned version, bool head_only)
      : session_(session), version_(version), head_only_(head_only) {
    request_ = std::move(request);
  }
  ~Answer() override { stop_watching(); }

  void set_message(http::request<http::string_body> message) { message_ = std::move(message); }
  Request& mutable_request() { return request_; }
  bool upgraded() const { return upgraded_; }

  Awaitable<void> reply(Reply reply) override {
    stop_watching();
    status_ = reply.status;
    http::response<http::string_body> response(static_cast<http::status>(reply.status), version_);
    put_headers(response, reply);
    response.body() = std::move(reply.body);
    response.prepare_payload();
    if (head_only_) response.body().clear();
    session_.lowest().expires_after(session_.front_.config->write_time);
    http::response_serializer<http::string_body> serializer(response);
    if (head_only_) {
      const auto [error, size] =
          co_await http::async_write_header(session_.stream_, serializer, with_error);
      if (error) session_.keep_ = false;
      co_return;
    }
    const auto [error, size] = co_await http::async_write(session_.stream_, serializer, with_error);
    if (error) session_.keep_ = false;
  }

  Awaitable<bool> begin_stream(Reply head) override {
    status_ = head.status;
    http::response<http::empty_body> response(static_cast<http::status>(head.status), version_);
    put_headers(response, head);
    // Without chunks, which HTTP/1.0 does not know, the end of the connection ends the answer.
    chunked_ = version_ >= 11;
    if (chunked_) {
      response.chunked(true);
    } else {
      session_.keep_ = false;
      response.keep_alive(false);
    }
    session_.lowest().expires_after(session_.front_.config->write_time);
    http::response_serializer<http::empty_body> serializer(response);
    const auto [error, size] =
        co_await http::async_write_header(session_.stream_, serializer, with_error);
    co_return went_well(error);
  }

  Awaitable<bool> write(std::string piece) override {
    if (gone_) co_return false;
    if (piece.empty()) co_return true;
    session_.lowest().expires_after(session_.front_.config->write_time);
    if (!chunked_) {
      const auto [error, size] =
          co_await asio::async_write(session_.stream_, asio::buffer(piece), with_error);
      co_return went_well(error);
    }
    const auto [error, size] = co_await asio::async_write(
        session_.stream_, http::make_chunk(asio::buffer(piece)), with_error);
    co_return went_well(error);
  }

  Awaitable<void> end_stream() override {
    stop_watching();
    if (gone_ || !chunked_) co_return;
    const auto [error, size] =
        co_await asio::async_write(session_.stream_, http::make_chunk_last(), with_error);
    went_well(error);
  }

  Awaitable<std::unique_ptr<WebSocket>> accept_websocket(std::size_t max_message) override {
    if (!websocket::is_upgrade(message_)) co_return nullptr;
    auto socket = std::make_unique<WebSocketOver<Stream>>(session_.stream_, max_message);
    upgraded_ = true;
    session_.keep_ = false;
    status_ = 101;
    if (!co_await socket->accept(message_)) co_return nullptr;
    co_return socket;
  }

  void on_hang_up(std::function<void()> then) override {
    stop_watching();
    watch_ = std::make_shared<Watch>(session_.lowest(), kTls, [this, then = std::move(then)] {
      gone_ = true;
      session_.keep_ = false;
      then();
    });
    watch_->start();
  }

 private:
  template <typename Response>
  void put_headers(Response& response, const Reply& reply) {
    response.set(http::field::server, "cloche");
    response.set(http::field::content_type, reply.type);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("X-Request-Id", request_.id);
    for (const auto& [name, value] : reply.headers) response.set(name, value);
    if (session_.front_.draining()) session_.keep_ = false;
    response.keep_alive(session_.keep_);
  }

  void stop_watching() {
    if (watch_) std::exchange(watch_, nullptr)->stop();
  }

  bool went_well(boost::system::error_code error) {
    if (!error) return true;
    gone_ = true;
    session_.keep_ = false;
    return false;
  }

  Session& session_;
  http::request<http::string_body> message_;
  const unsigned version_;
  const bool head_only_;
  bool chunked_ = false;
  bool gone_ = false;
  bool upgraded_ = false;
  std::shared_ptr<Watch> watch_;
};

template <typename Stream>
Awaitable<void> Session<Stream>::run() {
  while (keep_ && !front_.draining()) {
    if (!co_await request_comes()) break;
    co_await serve_one();
  }
  lowest().expires_after(kHandshakeTime);
  if constexpr (kTls) co_await stream_.async_shutdown(with_error);
  boost::system::error_code ignored;
  lowest().socket().shutdown(Protocol::socket::shutdown_send, ignored);
}

template <typename Stream>
Awaitable<bool> Session<Stream>::request_comes() {
  if (buffer_.size() > 0) co_return true;
  lowest().expires_after(front_.config->idle_time);
  const auto [error, size] =
      co_await stream_.async_read_some(buffer_.prepare(front_.config->header_bytes), with_error);
  buffer_.commit(size);
  co_return !error;
}

// What a parser says of a request, as an answer. Nothing if the connection itself has ended.
std::optional<HttpError> refusal_of(boost::system::error_code error) {
  if (error == http::error::body_limit)
    return HttpError(413, "too_large", "The body is too large.");
  if (error == http::error::header_limit)
    return HttpError(431, "headers_too_large", "The headers are too large.");
  if (error == beast::error::timeout)
    return HttpError(408, "too_slow", "The request took too long to come.");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_target).category())
    return HttpError(400, "bad_http", "This is no valid HTTP: " + error.message() + ".");
  return std::nullopt;
}

template <typename Stream>
Request Session<Stream>::begin_request(const http::request<http::string_body>& message) const {
  Request request;
  request.id = front_.next_id();
  request.method = message.method() == http::verb::head ? "GET" : text(message.method_string());
  request.content_type = text(message[http::field::content_type]);
  // Whoever names it takes it; "gzip;q=0" is nobody's wish.
  request.takes_gzip =
      text(message[http::field::accept_encoding]).find("gzip") != std::string::npos;
  auto target = parse_target(text(message.target()));
  if (!target) throw HttpError(400, "bad_target", "The target of the request is malformed.");
  request.target = std::move(*target);
  return request;
}

template <typename Stream>
Awaitable<bool> Session<Stream>::read_body(Parser& parser) {
  lowest().expires_after(front_.config->body_time);
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
    http::response_serializer<http::empty_body> serializer(go_on);
    const auto [failed, size] = co_await http::async_write(stream_, serializer, with_error);
    if (failed) co_return false;
  }
  const auto [error, size] = co_await http::async_read(stream_, buffer_, parser, with_error);
  if (!error) co_return true;
  keep_ = false;
  if (const auto refusal = refusal_of(error)) throw HttpError(*refusal);
  co_return false;
}

template <typename Stream>
Awaitable<void> Session<Stream>::serve_one() {
  const auto started = std::chrono::steady_clock::now();
  Parser parser;
  parser.header_limit(front_.config->header_bytes);
  parser.body_limit(front_.config->body_bytes);
  lowest().expires_after(front_.config->header_time);
  const auto [error, size] = co_await http::async_read_header(stream_, buffer_, parser, with_error);
  const auto& message = parser.get();
  Answer answer(*this, {}, message.version() == 10 ? 10 : 11, message.method() == http::verb::head);
  std::exception_ptr thrown;
  bool answerable = true;
  try {
    if (error) {
      keep_ = false;
      const auto refusal = refusal_of(error);
      if (!refusal) co_return;
      answer.mutable_request().id = front_.next_id();
      throw HttpError(*refusal);
    }
    // Until the body is read, nothing else on this connection can be.
    keep_ = false;
    const bool wanted = message.keep_alive();
    Request& request = answer.mutable_request();
    request = begin_request(message);
    Front::Head head{&request,
                     text(message[http::field::authorization]),
                     text(message[http::field::host]),
                     text(message[http::field::origin]),
                     peer_,
                     websocket::is_upgrade(message)};
    if (parser.is_done()) keep_ = wanted;
    co_await front_.admit(head);
    answerable = co_await read_body(parser);
    if (answerable) {
      keep_ = wanted;
      auto whole = parser.release();
      request.body = std::move(whole.body());
      answer.set_message(std::move(whole));
      lowest().expires_never();
      co_await front_.handle(answer);
    }
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown && answer.status() == 0) {
    std::optional<Reply> reply;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& what) {
      reply = front_.error(answer.request(), what);
    }
    co_await answer.reply(std::move(*reply));
  } else if (thrown) {
    keep_ = false;  // an answer that broke off
  }
  if (answerable) front_.done(answer, std::chrono::steady_clock::now() - started);
}

}  // namespace

Awaitable<void> serve(Socket socket, std::string peer, const Front& front) {
  Session<Socket> session(std::move(socket), std::move(peer), front);
  co_await session.run();
}

Awaitable<void> serve_tls(Socket socket, std::string peer, asio::ssl::context& tls,
                          const Front& front) {
  Session<TlsSocket> session(TlsSocket(std::move(socket), tls), std::move(peer), front);
  beast::get_lowest_layer(session.stream()).expires_after(kHandshakeTime);
  const auto [error] =
      co_await session.stream().async_handshake(asio::ssl::stream_base::server, with_error);
  if (!error) co_await session.run();
}

}  // namespace cloche::service
