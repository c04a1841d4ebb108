// Switches and bounds of the configuration, and the service's reports about itself.
#include <sys/socket.h>

#include <map>
#include <sstream>

#include "../processes.h"
#include "catch.h"
#include "client.h"
#include "server.h"

using nlohmann::json;
using test::ask;
using test::Client;
using test::post;
using test::Server;

namespace {

const char* const kMarker = "marker_of_some_code";

// Runs the same code in every way that the API offers.
void run_everywhere(const Server& server) {
  const std::string code = "def f():\n  return '" + std::string(kMarker) + "'\nf()";
  CHECK(post(server.port(), "/eval", {{"code", code}}).status == 200);
  CHECK(post(server.port(), "/v1/runs", {{"language", "python"}, {"solution", code}}).status ==
        200);
  CHECK(post(server.port(), "/v1/calls",
             {{"language", "python"}, {"solution", code}, {"entry", "f"}, {"args", json::array()}})
            .status == 200);
  CHECK(
      post(
          server.port(), "/api/v2/execute",
          {{"language", "python"}, {"version", "*"}, {"files", json::array({{{"content", code}}})}})
          .status == 200);
}

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// The samples of the text form of Prometheus: name with labels, and value.
std::map<std::string, double> samples(const Server& server) {
  const auto answer = ask(server.port(), "GET", "/metrics");
  REQUIRE(answer.status == 200);
  CHECK(answer.headers.at("content-type").starts_with("text/plain; version=0.0.4"));
  std::map<std::string, double> all;
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const std::size_t space = line.rfind(' ');
    REQUIRE(space != line.npos);
    all[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return all;
}

}  // namespace

TEST_CASE("code is logged only where that is asked for") {
  if (!test::has_image("python")) return;
  {
    const Server server;
    run_everywhere(server);
    CHECK(times(server.log(), kMarker) == 0);
  }
  const Server server("[log]\ncode = true\n");
  run_everywhere(server);
  CHECK(times(server.log(), kMarker) == 4);
}

TEST_CASE("paths that are switched off do not exist") {
  const Server server("playground = false\n[piston]\nenabled = false\n");
  CHECK(ask(server.port(), "GET", "/").status == 404);
  CHECK(ask(server.port(), "GET", "/api/v2/runtimes").status == 404);
  CHECK(ask(server.port(), "POST", "/api/v2/execute", "{}").status == 404);
  CHECK(ask(server.port(), "GET", "/ping").status == 200);
}

TEST_CASE("connections beyond the bound wait until others close") {
  const Server server("[http]\nconnections = 2\n");
  Client first(server.port()), second(server.port());
  const auto ping = [](Client& client) {
    client.send(test::request_text("GET", "/ping"));
    return client.receive().status;
  };
  REQUIRE(ping(first) == 200);
  REQUIRE(ping(second) == 200);
  Client third(server.port());
  third.send(test::request_text("GET", "/ping"));
  // The other connections are served before and after; the third is not accepted yet.
  for (int i = 0; i < 20; ++i) REQUIRE(ping(first) == 200);
  char byte = 0;
  CHECK(::recv(third.fd(), &byte, 1, MSG_DONTWAIT) == -1);
  second.close();
  CHECK(third.receive().status == 200);
}

TEST_CASE("metrics tell of requests, runs and refusals") {
  if (!test::has_image("python")) return;
  const Server server;
  post(server.port(), "/eval", {{"code", "print(1)"}});
  post(server.port(), "/eval", {{"code", "raise SystemExit(3)"}});
  post(server.port(), "/eval", json::object());
  ask(server.port(), "GET", "/nowhere");
  const auto all = samples(server);
  const auto value = [&](const std::string& name) {
    INFO(name);
    REQUIRE(all.count(name) == 1);
    return all.at(name);
  };
  CHECK(value("cloche_requests_total{route=\"/eval\",status=\"200\"}") == 2);
  CHECK(value("cloche_requests_total{route=\"/eval\",status=\"400\"}") == 1);
  CHECK(value("cloche_runs_total{language=\"python\",verdict=\"ok\"}") == 1);
  CHECK(value("cloche_runs_total{language=\"python\",verdict=\"runtime_error\"}") == 1);
  CHECK(value("cloche_phase_seconds_count{phase=\"run\"}") == 2);
  CHECK(value("cloche_phase_seconds_bucket{phase=\"run\",le=\"+Inf\"}") == 2);
  CHECK(value("cloche_request_seconds_count{route=\"/eval\"}") == 3);
  CHECK(value("cloche_queue_length") == 0);
  CHECK(value("cloche_running") == 0);
  CHECK(value("cloche_images") >= 1);
  CHECK(value("cloche_image_store_bytes") > 1e6);
  // An unknown path is no label: otherwise a stranger could make any number of labels.
  for (const auto& [name, count] : all) CHECK(name.find("nowhere") == name.npos);
}
