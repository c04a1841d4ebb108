#include "service/service.h"

#include <sys/random.h>

#include <boost/beast/core/string.hpp>
#include <cerrno>

#include "cloche/error.h"
#include "service/api/routes.h"
#include "service/listen_address.h"

namespace cloche::service {

namespace {

// 128 random bits: a caller who was not told the id of a run cannot guess it.
std::string new_id() {
  unsigned char bytes[16];
  if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
    throw Error::from_errno("get random bytes", errno);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string id;
  for (const unsigned char byte : bytes) {
    id += kDigits[byte >> 4];
    id += kDigits[byte & 15];
  }
  return id;
}

// The host of "host:port", "[address]:port" or either without a port, in small letters.
std::string host_of(std::string_view authority) {
  std::size_t end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  if (authority.starts_with('[') && end != authority.npos) ++end;
  std::string host(authority.substr(0, end));
  for (char& c : host)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return host;
}

bool is_loopback(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return is_local({.host = host});
}

HttpError upgrade_required() {
  return HttpError(426, "upgrade_required", "This path takes WebSockets only.",
                   {{"Upgrade", "websocket"}});
}

}  // namespace

Service::Service(asio::io_context& io, const ServiceConfig& given)
    : context(io),
      config(given),
      log(given.log),
      scheduler(io, given.runs, log, metrics),
      authenticator(io, given.auth, given.limits),
      languages(runner::languages()),
      playground(given.playground ? Playground::find() : std::string()) {
  front_.config = &config.http;
  front_.admit = [this](Front::Head& head) { return admit(head); };
  front_.handle = [this](Exchange& exchange) { return handle(exchange); };
  front_.error = [this](const HttpRequest& request, const std::exception& thrown) {
    return error(request, thrown);
  };
  front_.done = [this](const Exchange& exchange, std::chrono::nanoseconds time) {
    done(exchange, time);
  };
  front_.draining = [this] { return draining_; };
  front_.next_id = new_id;
}

void Service::reload() {
  try {
    authenticator.reload();
    log.info("tokens read");
  } catch (const Error& failed) {
    log.error("tokens not read, the old ones stay valid", {{"error", failed.what()}});
  }
}

Awaitable<void> Service::drain() {
  draining_ = true;
  co_await scheduler.drain(config.drain_time);
  // Wait until the answers of ended runs are sent.
  asio::steady_timer pause(context);
  const auto until = std::chrono::steady_clock::now() + config.http.write_time;
  while (answering_ > 0 && std::chrono::steady_clock::now() < until) {
    pause.expires_after(std::chrono::milliseconds(10));
    co_await pause.async_wait(with_error);
  }
}

// Protects a service without tokens from pages of other sites in a browser on this machine. Such a
// page could send requests itself; the Origin header shows that. It could also use a name of its
// own that resolves to this machine (DNS rebinding); the Host header shows that.
void Service::check_origin(const Front::Head& head) const {
  if (config.auth.mode != AuthMode::none) return;
  const std::string host = host_of(head.host);
  if (head.peer != "unix" && !host.empty() && !is_loopback(host))
    throw HttpError(403, "wrong_host", "Without tokens, only this machine is served.");
  if (head.origin.empty()) return;
  const std::size_t scheme = head.origin.find("://");
  if (scheme == head.origin.npos || head.origin.substr(scheme + 3) != head.host)
    throw HttpError(403, "wrong_origin", "Without tokens, pages of other sites are not served.");
}

Awaitable<void> Service::admit(Front::Head& head) {
  HttpRequest& request = *head.request;
  check_origin(head);
  if (request.method == "GET" && playground.find(request.target.path, false) != nullptr) co_return;
  const Route& route =
      find_route(request.method, request.target.path, request.parameter, config.piston.enabled);
  request.route = &route;
  if (route.socket && !head.upgrade) throw upgrade_required();
  if (route.access == Access::open) co_return;
  request.caller = co_await authenticator.identify(head.authorization, head.peer);
  if (route.access == Access::operators && !request.caller.is_operator)
    throw HttpError(403, "not_operator", "This takes an operator's token.");
}

Awaitable<void> Service::handle(Exchange& exchange) {
  struct Counted {
    std::size_t& count;
    explicit Counted(std::size_t& counted) : count(counted) { ++count; }
    ~Counted() { --count; }
  } const counted(answering_);
  const HttpRequest& request = exchange.request();
  if (request.route != nullptr) {
    co_await request.route->handler(*this, exchange);
  } else if (const Reply* file = playground.find(request.target.path, request.takes_gzip)) {
    co_await exchange.reply(*file);
  }
}

Reply Service::error(const HttpRequest& request, const std::exception& thrown) {
  const ErrorStyle style = style_of(request.target.path);
  if (const auto* refused = dynamic_cast<const HttpError*>(&thrown)) {
    // The tutorial's service distinguishes a missing token (403) from an invalid one (401).
    if (style == ErrorStyle::eval && refused->code() == "no_token")
      return error_reply(style, HttpError(403, "no_token", refused->what()), request.id);
    if (refused->status() >= 500)
      log.error("request failed", {{"id", request.id}, {"error", refused->what()}});
    return error_reply(style, *refused, request.id);
  }
  log.error("request failed", {{"id", request.id}, {"error", thrown.what()}});
  return error_reply(style, HttpError(500, "internal", "Something bad happened. Please try again."),
                     request.id);
}

void Service::done(const Exchange& exchange, std::chrono::nanoseconds time) {
  const HttpRequest& request = exchange.request();
  const std::string_view route =
      request.route != nullptr ? request.route->path : std::string_view("other");
  metrics.count_request(route, static_cast<int>(exchange.status()));
  metrics.add_duration(route, time);
  log.info("request", {{"id", request.id},
                       {"method", request.method},
                       {"path", request.target.path},
                       {"status", exchange.status()},
                       {"caller", request.caller.name},
                       {"ms", std::chrono::duration<double, std::milli>(time).count()}});
}

}  // namespace cloche::service
