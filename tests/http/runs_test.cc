// POST /v1/runs: the functions of the runner, in one answer or as a stream.
#include <signal.h>

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

const char* const kPython = "python";

std::string run_text(const json& body, const std::string& target = "/v1/runs") {
  return test::request_text("POST", target, body.dump());
}

// The names of the events up to the last one, and the data of that.
std::vector<std::string> names_until_end(Client& client, json& last) {
  std::vector<std::string> names;
  while (const auto event = client.event()) {
    names.push_back(event->name);
    last = event->data;
  }
  return names;
}

}  // namespace

TEST_CASE("a run is answered with its result") {
  if (!test::has_image(kPython)) return;
  const Server server;
  const auto answer =
      post(server.port(), "/v1/runs",
           {{"language", "python"}, {"solution", "print(input() + '!')"}, {"stdin", "hello\n"}});
  REQUIRE(answer.status == 200);
  CHECK_FALSE(answer.headers.at("x-request-id").empty());
  const json result = answer.json();
  CHECK(result.at("stdout") == "hello!\n");
  CHECK(result.at("verdict").at("status") == "ok");
  CHECK(result.at("language") == "python");
}

TEST_CASE("a run under a framework is answered with its tests") {
  if (!test::has_image(kPython)) return;
  const Server server;
  const json result = post(server.port(), "/v1/runs",
                           {{"language", "python"},
                            {"solution", "def add(a, b): return a + b"},
                            {"fixture",
                             "test.describe('x')\ntest.it('y')\ntest.assert_equals(add(1, 2), 3)\n"
                             "test.assert_equals(add(1, 2), 4)"},
                            {"testFramework", "cw-2"}})
                          .json();
  CHECK(result.at("verdict").at("status") == "tests_failed");
  CHECK(result.at("counts").at("assertionsPassed") == 1);
  CHECK(result.at("counts").at("assertionsFailed") == 1);
}

TEST_CASE("a stream tells of a run as it happens") {
  if (!test::has_image(kPython)) return;
  const Server server;
  Client client(server.port());
  // The first half of a character arrives first.
  REQUIRE(client.send(run_text({{"language", "python"},
                                {"solution",
                                 "import os, time\nos.write(1, b'one\\xc3')\n"
                                 "time.sleep(0.2)\nos.write(1, b'\\xa9')\n"
                                 "os.write(2, b'\\xff')"}},
                               "/v1/runs?stream=1")));
  const auto head = client.receive_head();
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-type") == "text/event-stream");
  std::string out, err;
  std::vector<std::string> names;
  json last;
  while (const auto event = client.event()) {
    if (names.empty() || names.back() != event->name) names.push_back(event->name);
    last = event->data;
    if (event->name != "output") continue;
    if (last.at("stream") == "stdout") out += last.at("text");
    if (last.at("stream") == "stderr") err += last.at("base64");
  }
  // The run may have had to wait for a worker.
  if (!names.empty() && names.front() == "queued") names.erase(names.begin());
  CHECK(names == std::vector<std::string>{"started", "phase", "output", "result"});
  CHECK(out == "one\u00e9");
  CHECK(err == "/w==");
  CHECK(last.at("stdout") == "one\u00e9");
}

TEST_CASE("a stream shows a plain print while the program still runs") {
  if (!test::has_image(kPython)) return;
  const Server server;
  Client client(server.port());
  REQUIRE(client.send(run_text({{"language", "python"},
                                {"solution", "print('first')\nimport time\ntime.sleep(3600)"},
                                {"timeout", 60000}},
                               "/v1/runs?stream=1")));
  REQUIRE(client.receive_head().status == 200);
  std::string id, out;
  while (out != "first\n") {
    const auto event = client.event();
    REQUIRE(event);
    REQUIRE(event->name != "result");
    if (event->name == "started") id = event->data.at("id");
    if (event->name == "output") out += event->data.at("text");
  }
  CHECK(test::ask(server.port(), "DELETE", "/v1/runs/" + id).status == 202);
  json last;
  while (const auto event = client.event()) last = event->data;
  CHECK(last.at("verdict").at("status") == "cancelled");
  CHECK(last.at("stdout") == "first\n");
}

TEST_CASE("a stream has the reporter's tokens") {
  if (!test::has_image(kPython)) return;
  const Server server;
  Client client(server.port());
  REQUIRE(client.send(
      run_text({{"language", "python"},
                {"solution", "x = 1"},
                {"fixture", "test.describe('group')\ntest.it('case')\ntest.assert_equals(x, 1)"}},
               "/v1/runs?stream=1")));
  REQUIRE(client.receive_head().status == 200);
  std::vector<std::string> tags;
  while (const auto event = client.event())
    if (event->name == "token") tags.push_back(event->data.at("tag"));
  CHECK(tags == std::vector<std::string>{"DESCRIBE", "IT", "PASSED"});
}

TEST_CASE("many inputs are run on one solution") {
  if (!test::has_image("gcc")) return;
  const Server server;
  const json result = post(server.port(), "/v1/runs",
                           {{"language", "c"},
                            {"solution",
                             "#include <stdio.h>\nint main(void){int n; scanf(\"%d\", &n); "
                             "printf(\"%d\\n\", 2*n);}"},
                            {"cases", json::array({{{"stdin", "1"}, {"expected", "2"}},
                                                   {{"stdin", "2"}, {"expected", "5"}},
                                                   {{"stdin", "3"}}})}})
                          .json();
  CHECK(result.at("verdict").at("status") == "wrong_output");
  CHECK(result.at("cases").size() == 3);
  CHECK(result.at("cases").at(0).at("verdict").at("status") == "ok");
  CHECK(result.at("cases").at(1).at("verdict").at("status") == "wrong_output");
  CHECK(result.at("cases").at(2).at("stdout") == "6\n");
}

TEST_CASE("a function is called with JSON and answers JSON") {
  const Server server;
  const auto value = [&](const json& body) {
    const auto answer = post(server.port(), "/v1/calls", body);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return answer.json().at("value");
  };
  if (test::has_image("python")) {
    CHECK(value({{"language", "python"},
                 {"solution", "def add(a, b): return a + b"},
                 {"entry", "add"},
                 {"args", {1, 2}}}) == 3);
    // The number is larger than any number type of the service.
    const auto answer = ask(server.port(), "POST", "/v1/calls",
                            R"({"language": "python", "solution": "def f(n): return n + 1",
                                "entry": "f", "args": [123456789012345678901234567890]})");
    CHECK_THAT(answer.body, ContainsSubstring("\"value\":123456789012345678901234567891"));
  }
  if (test::has_image("node"))
    CHECK(value({{"language", "javascript"},
                 {"solution", "async function f(x) { return {x}; }"},
                 {"entry", "f"},
                 {"args", {"y"}}}) == json({{"x", "y"}}));
  if (test::has_image("ruby"))
    CHECK(value({{"language", "ruby"},
                 {"solution", "def f(x) = x.reverse"},
                 {"entry", "f"},
                 {"args", {"abc"}}}) == "cba");
  const auto without =
      post(server.port(), "/v1/calls", {{"language", "python"}, {"solution", "1"}});
  CHECK(without.status == 422);
}

TEST_CASE("a client that hangs up cancels its run") {
  if (!test::has_image(kPython)) return;
  const Server server;
  for (const char* target : {"/v1/runs", "/v1/runs?stream=1"}) {
    const std::string marker = "marker-hang-up-" + std::to_string(::getpid());
    {
      Client client(server.port());
      REQUIRE(client.send(run_text(test::endless(marker), target)));
      REQUIRE(comes_true([&] { return any_process_with(marker); }));
    }
    CHECK(comes_true([&] { return !any_process_with(marker); }));
    CHECK(
        comes_true([&] { return ask(server.port(), "GET", "/health").json().at("running") == 0; }));
  }
}

TEST_CASE("a run can be cancelled by who began it, and by nobody else") {
  if (!test::has_image(kPython)) return;
  // sha256 of "test" and of "other"
  const test::File tokens(
      "one sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n"
      "two sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa\n");
  const Server server("[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() + "\"\n");
  const std::string marker = "marker-delete-" + std::to_string(::getpid());
  Client client(server.port());
  REQUIRE(client.send(test::request_text("POST", "/v1/runs?stream=1", test::endless(marker).dump(),
                                         {"Authorization: Bearer test"})));
  const std::string id = client.receive_head().headers.at("x-request-id");
  REQUIRE(comes_true([&] { return any_process_with(marker); }));
  const auto cancel = [&](const std::string& what, const char* token) {
    return ask(server.port(), "DELETE", "/v1/runs/" + what, {},
               {std::string("Authorization: Bearer ") + token})
        .status;
  };
  CHECK(cancel(id, "other") == 404);
  CHECK(cancel((id[0] == '0' ? "1" : "0") + id.substr(1), "test") == 404);
  CHECK(cancel(id, "test") == 202);
  json last;
  CHECK(names_until_end(client, last).back() == "result");
  CHECK(last.at("verdict").at("status") == "cancelled");
  CHECK(cancel(id, "test") == 404);
}

TEST_CASE("the limits that a run may ask for are bounded") {
  const Server server(
      "[runs]\ntimeout_max = \"2s\"\nmemory_max = \"256M\"\n"
      "[eval]\ntimeout = \"2s\"\n[piston]\nrun_timeout = \"2s\"\n");
  const auto status = [&](const char* key, const json& value) {
    return post(server.port(), "/v1/runs",
                {{"language", "python"}, {"solution", "1"}, {key, value}});
  };
  for (const auto& [key, value] : {std::pair<const char*, json>("timeout", 2001),
                                   std::pair<const char*, json>("memory", "257M")}) {
    const auto answer = status(key, value);
    CHECK(answer.status == 422);
    CHECK(answer.json().at("error").at("code") == "limit_exceeded");
  }
  if (!test::has_image(kPython)) return;
  CHECK(status("timeout", 2000).status == 200);
  // A limit of a profile is cut to the largest allowed one.
  const json result =
      post(server.port(), "/v1/runs", {{"language", "python"}, {"solution", "while True: pass"}})
          .json();
  CHECK(result.at("verdict").at("status") == "time_limit");
  CHECK(result.at("limits").at("wallTime") == 2000);
}

TEST_CASE("languages are listed with what they have") {
  const Server server;
  const json languages = ask(server.port(), "GET", "/v1/languages").json().at("languages");
  const auto python = std::find_if(languages.begin(), languages.end(),
                                   [](const json& each) { return each.at("name") == "python"; });
  REQUIRE(python != languages.end());
  CHECK(python->at("versions").at(0).at("image") == "python");
  CHECK(python->at("frameworks").at(0).at("name") == "cw-2");
}
