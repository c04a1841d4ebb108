#include "service/http/session.h"

#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>

#include "service/http/connection.h"
#include "service/http/websocket.h"

namespace cloche::service {

namespace {

namespace http = beast::http;

std::string text(beast::string_view view) {
  return std::string(view.data(), view.size());
}

// Whether the other side has closed the connection or its sending half.
bool has_hung_up(Socket& socket, bool tls) {
  const int fd = socket.socket().native_handle();
  pollfd state{fd, POLLRDHUP, 0};
  if (::poll(&state, 1, 0) > 0 && (state.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
    return true;
  // A TLS client sends an alert record (type 21) before it closes the connection.
  char first = 0;
  return tls && ::recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first == 21;
}

// Detects a hang-up while a request is handled.
class DisconnectWatch : public std::enable_shared_from_this<DisconnectWatch> {
 public:
  DisconnectWatch(Socket& socket, bool tls, std::function<void()> then)
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
    // The client has sent its next request before it had its answer. The socket stays readable, so
    // waiting for data shows nothing. Look for the hang-up once a second.
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

class Session {
 public:
  Session(Connection& stream, std::string peer, const Front& front)
      : stream_(stream), peer_(std::move(peer)), front_(front) {}

  Awaitable<void> run();

 private:
  class Answer;
  using Parser = http::request_parser<http::string_body>;

  // Waits for the first bytes of a request. False if none arrive.
  Awaitable<bool> request_comes();
  Awaitable<void> serve_one();
  Awaitable<bool> read_body(Parser& parser);
  HttpRequest begin_request(const http::request<http::string_body>& message) const;

  Socket& lowest() { return stream_.next_layer(); }

  Connection& stream_;
  const std::string peer_;
  const Front& front_;
  beast::flat_buffer buffer_;
  bool keep_ = true;
};

// The answer to one request, and its Exchange.
class Session::Answer : public Exchange {
 public:
  Answer(Session& session, HttpRequest request, unsigned version, bool head_only)
      : session_(session), version_(version), head_only_(head_only) {
    request_ = std::move(request);
  }
  ~Answer() override { stop_watching(); }

  void set_message(http::request<http::string_body> message) { message_ = std::move(message); }
  HttpRequest& mutable_request() { return request_; }
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
    // HTTP/1.0 has no chunks: the end of the connection ends the answer.
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
    if (!is_websocket_upgrade(message_)) co_return nullptr;
    upgraded_ = true;
    session_.keep_ = false;
    status_ = 101;
    auto socket = co_await service::accept_websocket(session_.stream_, message_, max_message);
    co_return socket;
  }

  void on_hang_up(std::function<void()> then) override {
    stop_watching();
    watch_ = std::make_shared<DisconnectWatch>(session_.lowest(), session_.stream_.has_tls(),
                                               [this, then = std::move(then)] {
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
  std::shared_ptr<DisconnectWatch> watch_;
};

Awaitable<void> Session::run() {
  while (keep_ && !front_.draining()) {
    const bool comes = co_await request_comes();
    if (!comes) break;
    co_await serve_one();
  }
  co_await stream_.end();
}

Awaitable<bool> Session::request_comes() {
  if (buffer_.size() > 0) co_return true;
  lowest().expires_after(front_.config->idle_time);
  const auto [error, size] =
      co_await stream_.async_read_some(buffer_.prepare(front_.config->header_bytes), with_error);
  buffer_.commit(size);
  co_return !error;
}

// The answer to a request that the parser refused. Nothing if the connection itself has ended.
std::optional<HttpError> refusal_of(boost::system::error_code error) {
  if (error == http::error::body_limit)
    return HttpError(413, "too_large", "The body is too large.");
  if (error == http::error::header_limit)
    return HttpError(431, "headers_too_large", "The headers are too large.");
  if (error == beast::error::timeout)
    return HttpError(408, "too_slow", "The request took too long to arrive.");
  if (error == http::error::end_of_stream || error == http::error::partial_message)
    return std::nullopt;
  if (error.category() == http::make_error_code(http::error::bad_target).category())
    return HttpError(400, "bad_http", "This is not valid HTTP: " + error.message() + ".");
  return std::nullopt;
}

HttpRequest Session::begin_request(const http::request<http::string_body>& message) const {
  HttpRequest request;
  request.id = front_.next_id();
  request.method = message.method() == http::verb::head ? "GET" : text(message.method_string());
  request.content_type = text(message[http::field::content_type]);
  // Any mention of gzip counts. Quality values are ignored, "gzip;q=0" included.
  request.takes_gzip =
      text(message[http::field::accept_encoding]).find("gzip") != std::string::npos;
  auto target = parse_target(text(message.target()));
  if (!target) throw HttpError(400, "bad_target", "The target of the request is malformed.");
  request.target = std::move(*target);
  return request;
}

Awaitable<bool> Session::read_body(Parser& parser) {
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

Awaitable<void> Session::serve_one() {
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
    // The connection can serve no further request until this body is read.
    keep_ = false;
    const bool wanted = message.keep_alive();
    HttpRequest& request = answer.mutable_request();
    request = begin_request(message);
    Front::Head head{&request,
                     text(message[http::field::authorization]),
                     text(message[http::field::host]),
                     text(message[http::field::origin]),
                     peer_,
                     is_websocket_upgrade(message)};
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
    keep_ = false;  // the answer is incomplete
  }
  if (answerable) front_.done(answer, std::chrono::steady_clock::now() - started);
}

}  // namespace

Awaitable<void> serve(Socket socket, std::string peer, asio::ssl::context* tls,
                      const Front& front) {
  std::optional<Connection> connection;
  if (tls != nullptr)
    connection.emplace(std::move(socket), *tls);
  else
    connection.emplace(std::move(socket));
  Session session(*connection, std::move(peer), front);
  const bool begun = co_await connection->begin();
  if (begun) co_await session.run();
}

}  // namespace cloche::service
