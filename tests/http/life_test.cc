// The life of the service: load, tokens, crashes, its end.
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <thread>

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

// The hashes of "test" and "other".
const std::string kHashOne =
    "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const std::string kHashTwo =
    "sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa";
const std::string kTwoCallers = "one " + kHashOne + "\ntwo " + kHashTwo + "\n";
const std::string kOne = "Authorization: Bearer test", kTwo = "Authorization: Bearer other";

json sleeper(double seconds) {
  return {{"language", "python"},
          {"solution", "import time; time.sleep(" + std::to_string(seconds) + "); print('done')"}};
}

bool runs(const Server& server, int count) {
  return comes_true(
      [&] { return ask(server.port(), "GET", "/health").json().at("running") == count; });
}

}  // namespace

TEST_CASE("a worker that dies costs its own run alone") {
  if (!test::has_image("python")) return;
  const Server server("[runs]\ncores = 2\n");
  Client other(server.port()), hit(server.port());
  REQUIRE(comes_true([&] { return server.workers().size() == 2; }));
  hit.send(test::request_text("POST", "/v1/runs", sleeper(60).dump()));
  REQUIRE(runs(server, 1));
  // One of the workers has the run. The other one is killed while it is idle.
  const std::vector<pid_t> killed = server.workers();
  for (const pid_t worker : killed) ::kill(worker, SIGKILL);
  const auto answer = hit.receive();
  CHECK(answer.status == 500);
  CHECK(answer.json().at("error").at("code") == "worker_died");
  CHECK(server.logs("worker died"));
  // The server may still give a run to a dead worker until it has noticed that death too.
  REQUIRE(comes_true([&] {
    const std::vector<pid_t> now = server.workers();
    return now.size() == 2 && std::ranges::find_first_of(now, killed) == now.end();
  }));
  CHECK(post(server.port(), "/v1/runs", sleeper(0)).json().at("stdout") == "done\n");
}

TEST_CASE("a run beyond the queue is refused and can be tried again") {
  if (!test::has_image("python")) return;
  const Server server("[runs]\ncores = 1\nqueue = 1\n");
  Client first(server.port()), second(server.port());
  first.send(test::request_text("POST", "/v1/runs", sleeper(60).dump()));
  REQUIRE(runs(server, 1));
  second.send(test::request_text("POST", "/v1/runs?stream=1", sleeper(0).dump()));
  REQUIRE(second.receive_head().status == 200);
  const auto queued = second.event();
  REQUIRE(queued);
  CHECK(queued->name == "queued");
  CHECK(queued->data.at("position") == 0);
  const auto third = post(server.port(), "/v1/runs", sleeper(0));
  CHECK(third.status == 429);
  CHECK(third.json().at("error").at("code") == "queue_full");
  CHECK(std::stoi(third.headers.at("retry-after")) >= 1);
  const auto eval = post(server.port(), "/eval", {{"code", "print(1)"}});
  CHECK(eval.status == 429);
  CHECK(eval.json().at("status") == "error");
  first.close();  // makes room
  std::string last;
  while (const auto event = second.event()) last = event->name;
  CHECK(last == "result");
}

TEST_CASE("no run waits longer than the queue time") {
  if (!test::has_image("python")) return;
  const Server server("[runs]\ncores = 1\nqueue_time = \"100ms\"\n");
  Client first(server.port());
  first.send(test::request_text("POST", "/v1/runs", sleeper(60).dump()));
  REQUIRE(runs(server, 1));
  const auto late = post(server.port(), "/v1/runs", sleeper(0));
  CHECK(late.status == 429);
  CHECK(late.json().at("error").at("code") == "queue_time");
}

TEST_CASE("runs go together as memory allows") {
  if (!test::has_image("python")) return;
  const test::File tokens(kTwoCallers);
  const Server server("[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() +
                      "\"\n[runs]\ncores = 2\nmemory = \"600M\"\nmemory_max = \"600M\"\n");
  Client first(server.port()), second(server.port());
  first.send(test::request_text("POST", "/v1/runs", sleeper(60).dump(), {kOne}));  // 512M
  REQUIRE(runs(server, 1));
  second.send(test::request_text("POST", "/v1/runs?stream=1", sleeper(0).dump(), {kOne}));
  REQUIRE(second.receive_head().status == 200);
  CHECK(second.event()->name == "queued");
  json small = sleeper(0);
  small["memory"] = "64M";
  CHECK(post(server.port(), "/v1/runs", small, {kTwo}).json().at("stdout") == "done\n");
}

TEST_CASE("each caller has its own share") {
  if (!test::has_image("python")) return;
  const test::File tokens("one " + kHashOne + " concurrent=1\ntwo " + kHashTwo +
                          " rate=0.01 burst=1\n");
  const Server server("[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() +
                      "\"\n[runs]\ncores = 2\n");
  const std::vector<std::string> one = {kOne}, two = {kTwo};
  Client busy(server.port());
  busy.send(test::request_text("POST", "/v1/runs", sleeper(60).dump(), one));
  REQUIRE(runs(server, 1));
  const auto more = post(server.port(), "/v1/runs", sleeper(0), one);
  CHECK(more.status == 429);
  CHECK(more.headers.contains("retry-after"));
  CHECK(post(server.port(), "/v1/runs", sleeper(0), two).status == 200);
  const auto fast = post(server.port(), "/v1/runs", sleeper(0), two);
  CHECK(fast.status == 429);
  CHECK(std::stoi(fast.headers.at("retry-after")) > 50);
}

TEST_CASE("a large answer that nobody reads counts as a run of its caller") {
  if (!test::has_image("python")) return;
  const test::File tokens("one " + kHashOne + " concurrent=1\n");
  const Server server("[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() + "\"\n");
  // Each of these bytes takes six bytes in JSON, more than a socket's buffers hold.
  const json large = {{"language", "python"}, {"solution", "print('\\x01' * 1000000)"}};
  Client lazy(server.port());
  lazy.send(test::request_text("POST", "/v1/runs", large.dump(), {kOne}));
  REQUIRE(comes_true([&] {
    return ask(server.port(), "GET", "/metrics", {}, {kOne}).body.find("verdict=\"ok\"} 1") !=
           std::string::npos;
  }));
  CHECK(post(server.port(), "/v1/runs", sleeper(0), {kOne}).status == 429);
  CHECK(lazy.receive().status == 200);
  CHECK(comes_true(
      [&] { return post(server.port(), "/v1/runs", sleeper(0), {kOne}).status == 200; }));
}

TEST_CASE("tokens are read again on SIGHUP, and stay if they cannot be") {
  const test::File tokens(
      "one sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\n");
  const Server server("[auth]\nmode = \"tokens\"\ntokens = \"" + tokens.path() + "\"\n");
  const auto status = [&](const char* token) {
    return ask(server.port(), "GET", "/ping", {}, {std::string("Authorization: Bearer ") + token})
        .status;
  };
  CHECK(status("test") == 200);
  tokens.write("broken line\n");
  server.signal(SIGHUP);
  CHECK(server.logs("tokens not read"));
  CHECK(status("test") == 200);
  tokens.write("two sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa\n");
  server.signal(SIGHUP);
  CHECK(comes_true([&] { return status("other") == 200; }));
  CHECK(status("test") == 401);
}

TEST_CASE("SIGTERM lets runs end and takes no more") {
  if (!test::has_image("python")) return;
  Server server("[runs]\ncores = 1\n");
  const std::string port = server.port();
  std::vector<Client> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.emplace_back(port);
    waiting.back().send(test::request_text("POST", "/v1/runs", sleeper(0.3).dump()));
  }
  Client kept(port);
  kept.send(test::request_text("GET", "/ping"));
  CHECK(kept.receive().status == 200);
  REQUIRE(comes_true([&] {
    const json health = ask(port, "GET", "/health").json();
    return health.at("running").get<int>() + health.at("queued").get<int>() == 4;
  }));
  server.signal(SIGTERM);
  REQUIRE(server.logs("stopping"));
  CHECK_THROWS(Client(port));  // the socket is closed
  for (Client& client : waiting) {
    const auto answer = client.receive();
    CHECK(answer.status == 200);
    CHECK(answer.json().at("stdout") == "done\n");
    CHECK(answer.headers.at("connection") == "close");
  }
  CHECK(server.wait() == 0);
}

TEST_CASE("runs that do not end in time are cancelled, and a second SIGTERM waits for none") {
  if (!test::has_image("python")) return;
  const std::string marker = "marker-drain-" + std::to_string(::getpid());
  const json endless = test::endless(marker);
  SECTION("in time") {
    Server server("drain_time = \"200ms\"\n");
    Client client(server.port());
    client.send(test::request_text("POST", "/v1/runs", endless.dump()));
    REQUIRE(comes_true([&] { return any_process_with(marker); }));
    server.signal(SIGTERM);
    CHECK(client.receive().json().at("verdict").at("status") == "cancelled");
    CHECK(server.wait() == 0);
  }
  SECTION("twice") {
    Server server("drain_time = \"1h\"\n");
    Client client(server.port());
    client.send(test::request_text("POST", "/v1/runs", endless.dump()));
    REQUIRE(comes_true([&] { return any_process_with(marker); }));
    server.signal(SIGTERM);
    REQUIRE(server.logs("stopping"));
    server.signal(SIGTERM);
    CHECK(server.wait() == 0);
    CHECK(client.is_closed());
  }
  CHECK(comes_true([&] { return !any_process_with(marker); }));
}

TEST_CASE("a service that is killed leaves no worker and no run") {
  if (!test::has_image("python")) return;
  const std::string marker = "marker-killed-" + std::to_string(::getpid());
  Server server;
  Client client(server.port());
  client.send(test::request_text("POST", "/v1/runs", test::endless(marker).dump()));
  REQUIRE(comes_true([&] { return any_process_with(marker); }));
  const auto workers = server.workers();
  CHECK_FALSE(workers.empty());
  server.signal(SIGKILL);
  server.wait();
  for (const pid_t worker : workers) CHECK(comes_true([&] { return ::kill(worker, 0) != 0; }));
  CHECK(comes_true([&] { return !any_process_with(marker); }));
}

TEST_CASE("many clients at once get answers or 429, and memory stays bounded") {
  if (!test::has_image("python")) return;
  const Server server("[runs]\nqueue = 16\n");
  std::atomic<int> good{0}, refused{0}, bad{0};
  const auto load = [&](int rounds) {
    std::vector<std::thread> clients;
    for (int i = 0; i < 32; ++i)
      clients.emplace_back([&, rounds] {
        for (int k = 0; k < rounds; ++k) {
          const auto answer = post(server.port(), "/eval", {{"code", "print(1)"}});
          ++(answer.status == 200 ? good : answer.status == 429 ? refused : bad);
        }
      });
    for (std::thread& client : clients) client.join();
  };
  load(4);
  const long before = server.resident();
  load(12);
  CHECK(server.resident() < before + 4096);  // KiB
  CHECK(bad == 0);
  CHECK(good > 0);
  CHECK(refused > 0);
  CHECK(good + refused == 32 * 16);
}
