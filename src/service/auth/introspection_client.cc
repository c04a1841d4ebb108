#include "service/auth/introspection_client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "cloche/error.h"
#include "service/http/connection.h"
#include "service/http/reply.h"

namespace cloche::service {

namespace {

namespace http = beast::http;

// Requests at one time. More would only queue at the other service.
constexpr unsigned kMaxAsking = 64;
// Remembered answers of each kind (valid, invalid).
constexpr std::size_t kRemembered = 4096;
// A user's record is small.
constexpr std::uint64_t kMaxAnswer = 64u << 10;

HttpError unavailable() {
  return HttpError(503, "auth_unavailable", "Tokens cannot be checked now.",
                   {{"Retry-After", "5"}});
}

Awaitable<http::response<http::string_body>> exchange(Connection& connection,
                                                      http::request<http::empty_body>& request) {
  co_await http::async_write(connection, request, asio::use_awaitable);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxAnswer);
  co_await http::async_read(connection, buffer, parser, asio::use_awaitable);
  co_return parser.release();
}

}  // namespace

IntrospectionClient::IntrospectionClient(asio::io_context& context, const AuthConfig& config)
    : context_(context), config_(config), cache_(kRemembered, config.cache) {
  std::string rest = config.url;
  const auto take = [&rest](const char* scheme) {
    if (!rest.starts_with(scheme)) return false;
    rest.erase(0, std::string_view(scheme).size());
    return true;
  };
  const bool https = take("https://");
  if (!https && !take("http://"))
    throw Error(ErrorKind::usage, "ask about tokens at \"" + config.url + "\"", 0,
                "write http://HOST[:PORT][/PATH] or https://…");
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  path_ = rest.substr(slash);
  while (path_.ends_with('/')) path_.pop_back();
  path_ += "/auth/status";
  rest.resize(slash);
  const std::size_t colon = rest.ends_with(']') ? rest.npos : rest.rfind(':');
  host_ = rest.substr(0, colon);
  port_ = colon == rest.npos ? (https ? "443" : "80") : rest.substr(colon + 1);
  if (host_.starts_with('[') && host_.ends_with(']')) host_ = host_.substr(1, host_.size() - 2);
  if (host_.empty() || port_.empty())
    throw Error(ErrorKind::usage, "ask about tokens at \"" + config.url + "\"", 0,
                "a host is missing");
  if (!https) return;
  tls_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
  tls_->set_default_verify_paths();
  tls_->set_verify_mode(asio::ssl::verify_peer);
}

Awaitable<IntrospectionClient::Answer> IntrospectionClient::get(const std::string& token) {
  http::request<http::empty_body> request(http::verb::get, path_, 11);
  request.set(http::field::host, host_ + ":" + port_);
  request.set(http::field::user_agent, "cloche");
  request.set(http::field::accept, "application/json");
  request.set(http::field::authorization, "Bearer " + token);
  request.set(http::field::connection, "close");

  asio::ip::tcp::resolver resolver(context_);
  // The resolver has only the system's time limit.
  const auto found = co_await resolver.async_resolve(host_, port_, asio::use_awaitable);
  std::vector<Protocol::endpoint> endpoints;
  for (const auto& each : found) endpoints.emplace_back(each.endpoint());
  Socket socket(context_);
  // The time limit of all steps below.
  socket.expires_after(config_.timeout);
  co_await socket.async_connect(endpoints, asio::use_awaitable);
  std::optional<Connection> connection;
  if (tls_)
    connection.emplace(std::move(socket), *tls_);
  else
    connection.emplace(std::move(socket));
  co_await connection->begin_as_client(host_);
  auto response = co_await exchange(*connection, request);
  co_return Answer{response.result_int(), std::move(response.body())};
}

Awaitable<std::optional<IntrospectedUser>> IntrospectionClient::ask(const std::string& token) {
  if (const auto known = cache_.find(token, IntrospectionCache::Clock::now()))
    co_return known->user;
  // A token that cannot be an HTTP header value is invalid: reject it before asking the auth
  // service.
  for (const char c : token)
    if (c <= ' ' || c > '~') co_return std::nullopt;
  if (asking_ >= kMaxAsking) throw unavailable();
  struct Counted {
    unsigned& count;
    explicit Counted(unsigned& counted) : count(counted) { ++count; }
    ~Counted() { --count; }
  } const counted(asking_);
  Introspection answer;
  try {
    const Answer got = co_await get(token);
    answer = parse_introspection(static_cast<int>(got.status), got.body);
  } catch (const boost::system::system_error&) {
    throw unavailable();
  }
  if (!answer.is_answer) throw unavailable();
  cache_.put(token, answer, IntrospectionCache::Clock::now());
  co_return answer.user;
}

}  // namespace cloche::service
