// A client that sends exactly the given bytes, including bytes that no well-behaved client sends.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "util/fd.h"

namespace test {

struct Response {
  int status = 0;                              // 0: the connection ended before there was one
  std::map<std::string, std::string> headers;  // names in small letters
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

// One server-sent event.
struct Event {
  std::string name;
  nlohmann::json data;
};

class Client {
 public:
  // Connects to a port of 127.0.0.1, or to a unix socket where there is a slash in it.
  explicit Client(const std::string& address);

  // Sends bytes unchanged. False if the other side does not accept them any more.
  bool send(std::string_view bytes);
  // Reads one response; reads for at most a minute.
  Response receive();
  // The head of a response. more() reads the rest.
  Response receive_head();
  // Further bytes of a chunked body. Nothing at its end.
  std::optional<std::string> more();
  // The next event of a stream. Nothing at its end.
  std::optional<Event> event();
  // Whether the other side closes within a minute.
  bool is_closed();
  void close() { socket_.reset(); }
  int fd() const { return socket_.get(); }

 private:
  bool fill();  // false at the end
  std::string line();

  cloche::UniqueFd socket_;
  std::string pending_;
  std::string events_;  // of the stream, not split yet
};

// The text of a request, with the body's length.
std::string request_text(const std::string& method, const std::string& target,
                         const std::string& body = {},
                         const std::vector<std::string>& headers = {});

// Sends a request on a connection of its own. The content type is JSON.
Response ask(const std::string& address, const std::string& method, const std::string& target,
             const std::string& body = {}, const std::vector<std::string>& headers = {});
Response post(const std::string& address, const std::string& target, const nlohmann::json& body,
              const std::vector<std::string>& headers = {});

// A request for a run that goes on until it is ended, with a word that identifies its process.
nlohmann::json endless(const std::string& marker);

}  // namespace test
