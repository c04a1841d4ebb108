// Callers that another service knows, and sockets that only this machine can reach.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "catch.h"
#include "client.h"
#include "server.h"

using test::ask;
using test::Server;

namespace {

// A users service. It knows the token "good" as user 7 and "gone" as a user who is not active.
class Users {
 public:
  Users() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(::listen(socket_.get(), 64) == 0);
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~Users() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
    socket_.reset();
  }
  std::string url() const { return "http://127.0.0.1:" + port_ + "/users/"; }

  std::atomic<int> asked{0};
  std::atomic<bool> broken{false};

 private:
  void serve() {
    for (;;) {
      const cloche::UniqueFd client(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::string text;
      char buffer[4096];
      while (text.find("\r\n\r\n") == text.npos) {
        const ssize_t count = ::recv(client.get(), buffer, sizeof buffer, 0);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
      }
      ++asked;
      const std::string answer = answer_to(text);
      static_cast<void>(::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
    }
  }
  std::string answer_to(const std::string& request) const {
    if (!request.starts_with("GET /users/auth/status HTTP/1.1\r\n")) return reply("404 No", "{}");
    if (broken) return reply("500 Oops", "oops");
    const auto user = [](int id, const char* active) {
      return R"({"status":"success","data":{"id":)" + std::to_string(id) +
             R"(,"username":"u","active":)" + active + "}}";
    };
    if (request.find("Authorization: Bearer good\r\n") != request.npos)
      return reply("200 OK", user(7, "true"));
    if (request.find("Authorization: Bearer gone\r\n") != request.npos)
      return reply("200 OK", user(8, "false"));
    return reply("401 No", R"({"status":"error","message":"Invalid token."})");
  }
  static std::string reply(const std::string& status, const std::string& body) {
    return "HTTP/1.1 " + status +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  }

  cloche::UniqueFd socket_;
  std::string port_;
  std::thread thread_;
};

int ping(const Server& server, const std::string& token) {
  return ask(server.port(), "GET", "/ping", {}, {"Authorization: Bearer " + token}).status;
}

std::string introspecting(const Users& users, const char* cache) {
  return "[auth]\nmode = \"introspection\"\nurl = \"" + users.url() + "\"\ncache = \"" + cache +
         "\"\n";
}

}  // namespace

TEST_CASE("another service says whose tokens are good") {
  Users users;
  const Server server(introspecting(users, "1h"));
  CHECK(ping(server, "good") == 200);
  CHECK(ping(server, "gone") == 401);
  CHECK(ping(server, "bad") == 401);
  CHECK(ask(server.port(), "GET", "/ping").status == 403);
  CHECK(server.logs("caller=\"user 7\""));
  CHECK(users.asked == 3);
  // Each answer is remembered.
  CHECK(ping(server, "good") == 200);
  CHECK(ping(server, "bad") == 401);
  CHECK(users.asked == 3);
}

TEST_CASE("trouble at the other service is not the token's fault") {
  Users users;
  const Server server(introspecting(users, "0s"));
  CHECK(ping(server, "good") == 200);
  users.broken = true;
  CHECK(ping(server, "good") == 503);
  users.broken = false;
  CHECK(ping(server, "good") == 200);
  users.stop();
  CHECK(ping(server, "good") == 503);
}

TEST_CASE("a unix socket is for this user and group, and gone at the end") {
  const test::File place("");
  const std::string path = place.path() + ".sock";
  {
    const Server server("listen = [\"unix:" + path + "\"]\n");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0660);
    CHECK(ask(path, "GET", "/ping").status == 200);
  }
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a socket file that a killed service left is taken over, one in use is not") {
  const test::File place("");
  const std::string path = place.path() + ".sock";
  const std::string config = "listen = [\"unix:" + path + "\"]\n";
  {
    Server killed(config);
    killed.signal(SIGKILL);
    killed.wait();
  }
  REQUIRE(::access(path.c_str(), F_OK) == 0);
  const Server server(config);
  CHECK(ask(path, "GET", "/ping").status == 200);
  CHECK_FALSE(test::starts({"--listen", "unix:" + path}));
  CHECK(ask(path, "GET", "/ping").status == 200);
}

TEST_CASE("the service does not start with an invalid configuration") {
  CHECK_FALSE(test::starts({"--listen", "0.0.0.0:0"}));
  CHECK_FALSE(test::starts({"--listen", "nonsense"}));
  CHECK_FALSE(test::starts({"--tokens", "/nonexistent"}));
  CHECK_FALSE(test::starts({"--config", "/nonexistent"}));
  CHECK_FALSE(test::starts({"--cores", "x"}));
}
