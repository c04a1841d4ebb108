// The paths that the service serves are those that its document names.
#include "service/api/routes.h"

#include <nlohmann/json.hpp>
#include <set>

#include "catch.h"
#include "service/http/reply.h"
#include "util/file.h"
#include "util/paths.h"

using namespace cloche;
using namespace cloche::service;

TEST_CASE("the document names every path, and no other") {
  const auto document = nlohmann::json::parse(read_file(data_path("service/openapi.json")));
  std::set<std::string> served, named;
  for (const Route& route : routes())
    served.insert(std::string(route.method) + " " + std::string(route.path));
  for (const auto& [path, methods] : document.at("paths").items())
    for (const auto& [method, operation] : methods.items()) {
      std::string name = method;
      for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
      named.insert(name + " " + path);
    }
  CHECK(served == named);
}

TEST_CASE("routes are found by method and path") {
  std::string parameter;
  CHECK(find_route("POST", "/eval", parameter, true).path == "/eval");
  CHECK(find_route("DELETE", "/v1/runs/abc", parameter, true).path == "/v1/runs/{id}");
  CHECK(parameter == "abc");
  const auto status = [&](const char* method, const char* path) {
    try {
      find_route(method, path, parameter, true);
      return 200u;
    } catch (const HttpError& error) {
      return error.status();
    }
  };
  CHECK(status("GET", "/eval") == 405);
  CHECK(status("DELETE", "/v1/runs/") == 404);
  CHECK(status("DELETE", "/v1/runs/a/b") == 404);
  CHECK(status("GET", "/evals") == 404);
}

TEST_CASE("without Piston's API its paths are not there") {
  std::string parameter;
  CHECK(find_route("GET", "/api/v2/runtimes", parameter, true).path == "/api/v2/runtimes");
  CHECK_THROWS_AS(find_route("GET", "/api/v2/runtimes", parameter, false), HttpError);
  CHECK(find_route("POST", "/v1/runs", parameter, false).path == "/v1/runs");
}
