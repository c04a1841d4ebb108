#include "service/auth/authenticator.h"

#include <boost/beast/core/string.hpp>

namespace cloche::service {

namespace {

HttpError no_token() {
  return HttpError(401, "no_token", "Provide a valid auth token.",
                   {{"WWW-Authenticate", "Bearer"}});
}

HttpError invalid_token() {
  return HttpError(401, "invalid_token", "Invalid token.",
                   {{"WWW-Authenticate", "Bearer error=\"invalid_token\""}});
}

// The token of "Bearer TOKEN" (RFC 6750, 2.1).
std::string token_of(const std::string& authorization) {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.empty()) throw no_token();
  if (!beast::iequals(beast::string_view(authorization).substr(0, scheme.size()),
                      beast::string_view(scheme.data(), scheme.size())))
    throw invalid_token();
  std::string token = authorization.substr(scheme.size());
  token.erase(0, token.find_first_not_of(' '));
  if (token.empty()) throw invalid_token();
  return token;
}

}  // namespace

Authenticator::Authenticator(asio::io_context& context, const AuthConfig& config,
                             const CallerLimits& limits)
    : config_(config), limits_(limits) {
  reload();
  if (config_.mode == AuthMode::introspection) introspection_.emplace(context, config_);
}

void Authenticator::reload() {
  if (config_.mode == AuthMode::tokens) tokens_ = TokenFile::read(config_.tokens, limits_);
}

Awaitable<Caller> Authenticator::identify(std::string authorization, std::string peer) {
  // Without tokens, only this machine can connect, and every caller is an operator.
  if (config_.mode == AuthMode::none) co_return Caller{std::move(peer), limits_, true};
  const std::string token = token_of(authorization);
  if (config_.mode == AuthMode::tokens) {
    const TokenEntry* entry = tokens_.find(token);
    if (entry == nullptr) throw invalid_token();
    co_return Caller{entry->name, entry->limits, entry->is_operator};
  }
  const auto user = co_await introspection_->ask(token);
  if (!user) throw invalid_token();
  co_return Caller{"user " + user->id, limits_, false};
}

}  // namespace cloche::service
