// Requests that no well-behaved client sends.
#include <sys/resource.h>
#include <sys/socket.h>

#include "../processes.h"
#include "catch.h"
#include "client.h"
#include "server.h"

using nlohmann::json;
using test::ask;
using test::Client;
using test::post;
using test::request_text;
using test::Server;

TEST_CASE("invalid HTTP is refused, and the service goes on") {
  const Server server("[http]\nheader = \"4K\"\n");
  const std::pair<std::string, int> requests[] = {
      {"nonsense\r\n\r\n", 400},
      {"GET / HTTP/9.9\r\n\r\n", 400},
      {"GET /ping HTTP/1.1\r\nbad header\r\n\r\n", 400},
      {"GET /ping HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST /eval HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       400},
      {"POST /eval HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST /eval HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET http://other/ping HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"GET /" + std::string(8000, 'a') + " HTTP/1.1\r\n\r\n", 431},
      {"GET / HTTP/1.1\r\nX: " + std::string(8000, 'a') + "\r\n\r\n", 431},
      {"\x16\x03\x01\x02\x01\x01\xfc", 0},
  };
  for (const auto& [text, status] : requests) {
    INFO(text.substr(0, 60));
    Client client(server.port());
    static_cast<void>(client.send(text));
    if (status == 0) {
      client.close();
      continue;
    }
    const auto answer = client.receive();
    CHECK(answer.status == status);
    CHECK(client.is_closed());
  }
  CHECK(ask(server.port(), "GET", "/ping").status == 200);
}

TEST_CASE("an invalid request is refused with a reason") {
  const Server server;
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  const std::pair<std::string, int> bodies[] = {
      {"", 400},
      {"{", 400},
      {"[]", 400},
      {"\"x\"", 400},
      {deep, 400},
      {"{\"language\": " + deep + "}", 400},
      {"{\"language\": \"python\", \"solution\": \"\xff\xfe\"}", 400},
      {"{\"language\": \"python\", \"solution\": \"\\ud800\"}", 400},
      {R"({"solution": "1"})", 422},
      {R"({"language": "klingon", "solution": "1"})", 422},
      {R"({"language": "python", "languageVersion": "99", "solution": "1"})", 422},
      {R"({"language": "python", "fixture": "1", "testFramework": "none such"})", 422},
      {R"({"language": ["python"], "solution": "1"})", 400},
      {R"({"language": "python", "files": 3, "solution": "1"})", 400},
      {R"({"language": "python", "timeout": -1, "solution": "1"})", 400},
      {R"({"language": "python", "timeout": "x", "solution": "1"})", 400},
      {R"({"language": "python", "memory": "x", "solution": "1"})", 400},
      {R"({"language": "python", "solution": "1", "files": {"../x": "1"}})", 422},
      {R"({"language": "python", "solution": "1", "files": {"a/../../x": "1"}})", 422},
      {R"({"language": "python", "solution": "1", "files": {"/etc/x": "1"}})", 422},
      {R"({"language": "python", "solution": "1", "files": {"a\u0000b": "1"}})", 422},
      {R"({"language": "python", "solution": "1", "solutionPath": "../x"})", 422},
      {R"({"language": "python", "solution": "1", "services": ["redis"]})", 422},
      {R"({"language": "python", "solution": "1", "image": "../../etc"})", 422},
      {R"({"language": "../python", "solution": "1"})", 422},
      {R"({"language": "python", "solution": "1", "cases": 3})", 400},
      {R"({"language": "python", "solution": "1", "call": 3})", 400},
  };
  for (const auto& [body, status] : bodies) {
    INFO(body.substr(0, 100));
    const auto answer = ask(server.port(), "POST", "/v1/runs", body);
    CHECK(answer.status == status);
    CHECK_FALSE(answer.json().at("error").at("message").get<std::string>().empty());
    CHECK(answer.json().at("requestId") == answer.headers.at("x-request-id"));
  }
  CHECK(ask(server.port(), "GET", "/health").status == 200);
}

TEST_CASE("a body that is too large or of another type is refused before it is read") {
  const Server server("[http]\nbody = \"64K\"\n");
  Client client(server.port());
  REQUIRE(
      client.send("POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: 65537\r\n\r\n"));
  CHECK(client.receive().status == 413);
  CHECK(client.is_closed());

  Client chunked(server.port());
  REQUIRE(
      chunked.send("POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                   "application/json\r\nTransfer-Encoding: chunked\r\n\r\n"));
  while (chunked.send("1000\r\n" + std::string(4096, ' ') + "\r\n")) {
    // Until the server closes the connection.
    char one;
    if (::recv(chunked.fd(), &one, 1, MSG_PEEK | MSG_DONTWAIT) == 1) break;
  }
  CHECK(chunked.receive().status == 413);

  CHECK(ask(server.port(), "POST", "/v1/runs", "{}", {"Content-Type: text/plain"}).status == 415);
  CHECK(ask(server.port(), "POST", "/api/v2/execute", "{}",
            {"Content-Type: application/x-www-form-urlencoded"})
            .json()
            .at("message") == "requests must be of type application/json");
}

TEST_CASE("paths and methods that there are not") {
  const Server server;
  CHECK(ask(server.port(), "GET", "/nothing").status == 404);
  CHECK(ask(server.port(), "GET", "/v1/runs/").status == 404);
  CHECK(ask(server.port(), "GET", "/../../../etc/passwd").status == 404);
  CHECK(ask(server.port(), "GET", "/%2e%2e/%2e%2e/etc/passwd").status == 404);
  const auto wrong = ask(server.port(), "PUT", "/eval");
  CHECK(wrong.status == 405);
  CHECK(wrong.headers.at("allow") == "POST");
  const auto head = [&] {
    Client client(server.port());
    client.send("HEAD /ping HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return client.receive_head();
  }();
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-length") == "38");
}

TEST_CASE("without tokens, pages of other sites are not served") {
  const Server server;
  const auto from = [&](const std::string& host, const std::string& origin) {
    Client client(server.port());
    client.send("GET /ping HTTP/1.1\r\nHost: " + host + "\r\n" +
                (origin.empty() ? "" : "Origin: " + origin + "\r\n") + "\r\n");
    return client.receive().status;
  };
  CHECK(from("localhost:80", "") == 200);
  CHECK(from("127.0.0.1:" + server.port(), "http://127.0.0.1:" + server.port()) == 200);
  CHECK(from("[::1]:80", "") == 200);
  CHECK(from("evil.example", "") == 403);  // a name that resolves to this machine
  CHECK(from("127.0.0.1.evil.example", "") == 403);
  CHECK(from("localhost:80", "http://evil.example") == 403);
  CHECK(from("localhost:80", "null") == 403);
}

TEST_CASE("slow clients are let go, and keep nobody waiting") {
  if (!test::has_image("python")) return;
  const Server server("[http]\nheader_time = \"2s\"\nbody_time = \"2s\"\nidle_time = \"2s\"\n");
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  std::vector<Client> slow;
  for (int i = 0; i < 500; ++i) {
    slow.emplace_back(server.port());
    if (i % 3 == 1) slow.back().send("POST /v1/runs HTTP/1.1\r\nHo");
    if (i % 3 == 2)
      slow.back().send(
          "POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
          "application/json\r\nContent-Length: 1000\r\n\r\n{");
  }
  for (int i = 0; i < 5; ++i)
    CHECK(post(server.port(), "/v1/runs", {{"language", "python"}, {"solution", "print(1)"}})
              .json()
              .at("stdout") == "1\n");
  for (Client& client : slow) CHECK(client.is_closed());
}

TEST_CASE("a client that reads nothing is let go, and costs no more than its output") {
  if (!test::has_image("python")) return;
  const Server server("[http]\nwrite_time = \"1s\"\n[runs]\ncores = 2\n");
  const std::string code =
      "import os\n"
      "while True:\n"
      "  os.write(1, b'o' * 65536)\n"
      "  os.write(2, b'e')\n";
  Client reader(server.port());
  // A smaller buffer is full after less output.
  const int little = 4096;
  ::setsockopt(reader.fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  const long before = server.resident();
  REQUIRE(reader.send(request_text(
      "POST", "/v1/runs?stream=1",
      nlohmann::json({{"language", "python"}, {"solution", code}, {"timeout", 30000}}).dump(),
      {"Content-Type: application/json"})));
  CHECK(comes_true([&] { return ask(server.port(), "GET", "/health").json().at("running") == 1; }));
  CHECK(comes_true([&] { return ask(server.port(), "GET", "/health").json().at("running") == 0; }));
  CHECK(server.resident() < before + 16 * 1024);  // KiB
}

TEST_CASE("requests in one piece are answered one after the other") {
  const Server server;
  Client client(server.port());
  const std::string one = request_text("GET", "/ping");
  REQUIRE(client.send(one + one + one));
  for (int i = 0; i < 3; ++i) CHECK(client.receive().status == 200);
  // A client may ask for permission before it sends the body.
  REQUIRE(
      client.send("POST /v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  CHECK(client.receive_head().status == 100);
  REQUIRE(client.send("{}"));
  CHECK(client.receive().status == 422);
}
