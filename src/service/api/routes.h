// The paths of the API.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/http/exchange.h"

namespace cloche::service {

class Service;

using Handler = Awaitable<void> (*)(Service& service, Exchange& exchange);

enum class Access {
  open,     // to everyone
  callers,  // callers that the authenticator knows
  operators
};

struct Route {
  std::string_view method;
  std::string_view path;  // its last part may be a parameter: "/v1/runs/{id}"
  Access access;
  ErrorStyle style;
  Handler handler;
  bool socket = false;  // a WebSocket
};

// Every path of the API. All other paths belong to the playground (api/playground.h).
const std::vector<Route>& routes();

// The route of a request; `parameter` gets the value of the route's parameter. Throws HttpError:
// 404, or 405 with Allow. Without `piston`, Piston's API does not exist.
const Route& find_route(const std::string& method, const std::string& path, std::string& parameter,
                        bool piston);

// The style of answers below a path that may not exist.
ErrorStyle style_of(std::string_view path);

}  // namespace cloche::service
