#include "service/api/routes.h"

#include "service/api/handlers.h"

namespace cloche::service {

namespace {

// Whether a path fits a route's pattern, whose last part may be a parameter.
bool fits(std::string_view pattern, std::string_view path, std::string& parameter) {
  const std::size_t brace = pattern.find('{');
  if (brace == pattern.npos) return pattern == path;
  if (!path.starts_with(pattern.substr(0, brace)) || path.size() == brace) return false;
  if (path.find('/', brace) != path.npos) return false;
  parameter = path.substr(brace);
  return true;
}

}  // namespace

const std::vector<Route>& routes() {
  using enum Access;
  using enum ErrorStyle;
  static const std::vector<Route> all = {
      {"GET", "/ping", callers, eval, get_ping},
      {"POST", "/eval", callers, eval, post_eval},
      {"GET", "/health", open, api, get_health},
      {"GET", "/metrics", callers, api, get_metrics},
      {"GET", "/openapi.json", open, api, get_openapi},
      {"GET", "/v1/languages", callers, api, get_languages},
      {"POST", "/v1/runs", callers, api, post_runs},
      {"DELETE", "/v1/runs/{id}", callers, api, delete_run},
      {"POST", "/v1/calls", callers, api, post_calls},
      {"GET", "/api/v2/runtimes", callers, piston, get_runtimes},
      {"POST", "/api/v2/execute", callers, piston, post_execute},
      {"GET", "/api/v2/connect", callers, piston, get_connect, true},
      {"GET", "/api/v2/packages", callers, piston, get_packages},
      {"POST", "/api/v2/packages", operators, piston, post_packages},
      {"DELETE", "/api/v2/packages", operators, piston, delete_packages},
  };
  return all;
}

const Route& find_route(const std::string& method, const std::string& path, std::string& parameter,
                        bool piston) {
  std::string allowed;
  for (const Route& route : routes()) {
    if (route.style == ErrorStyle::piston && !piston) continue;
    if (!fits(route.path, path, parameter)) continue;
    if (route.method == method) return route;
    allowed += (allowed.empty() ? "" : ", ") + std::string(route.method);
    if (route.method == "GET") allowed += ", HEAD";
  }
  if (allowed.empty()) throw HttpError(404, "not_found", "There is nothing at this path.");
  throw HttpError(405, "method_not_allowed", "This path does not take " + method + ".",
                  {{"Allow", allowed}});
}

ErrorStyle style_of(std::string_view path) {
  if (path == "/eval" || path == "/ping") return ErrorStyle::eval;
  return path.starts_with("/api/v2/") ? ErrorStyle::piston : ErrorStyle::api;
}

}  // namespace cloche::service
