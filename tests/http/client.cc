#include "client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace test {

namespace {

constexpr int kPatience = 60000;  // milliseconds

cloche::UniqueFd connected(const std::string& address) {
  if (address.find('/') != address.npos) {
    sockaddr_un path{};
    path.sun_family = AF_UNIX;
    std::strncpy(path.sun_path, address.c_str(), sizeof path.sun_path - 1);
    cloche::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&path), sizeof path) != 0)
      throw std::runtime_error("connect to " + address + ": " + std::strerror(errno));
    return socket;
  }
  sockaddr_in host{};
  host.sin_family = AF_INET;
  host.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address)));
  host.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  cloche::UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&host), sizeof host) != 0)
    throw std::runtime_error("connect to port " + address + ": " + std::strerror(errno));
  return socket;
}

std::string small(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

Client::Client(const std::string& address) : socket_(connected(address)) {}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Client::fill() {
  pollfd source{socket_.get(), POLLIN, 0};
  if (::poll(&source, 1, kPatience) != 1) throw std::runtime_error("the server says nothing");
  char buffer[65536];
  const ssize_t count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
  if (count <= 0) return false;
  pending_.append(buffer, static_cast<std::size_t>(count));
  return true;
}

std::string Client::line() {
  std::size_t end;
  while ((end = pending_.find("\r\n")) == pending_.npos)
    if (!fill()) return {};
  std::string text = pending_.substr(0, end);
  pending_.erase(0, end + 2);
  return text;
}

Response Client::receive_head() {
  Response response;
  const std::string first = line();
  if (first.size() < 12) return response;
  response.status = std::stoi(first.substr(9, 3));
  for (std::string header = line(); !header.empty(); header = line()) {
    const std::size_t colon = header.find(':');
    const std::size_t value = header.find_first_not_of(' ', colon + 1);
    response.headers[small(header.substr(0, colon))] =
        value == header.npos ? std::string() : header.substr(value);
  }
  return response;
}

Response Client::receive() {
  Response response = receive_head();
  while (response.status == 100) response = receive_head();
  if (response.headers.contains("transfer-encoding")) {
    while (auto piece = more()) response.body += *piece;
    return response;
  }
  const auto found = response.headers.find("content-length");
  const std::size_t length =
      found == response.headers.end() ? 0 : static_cast<std::size_t>(std::stoul(found->second));
  while (pending_.size() < length)
    if (!fill()) throw std::runtime_error("the answer was cut off");
  response.body = pending_.substr(0, length);
  pending_.erase(0, length);
  return response;
}

std::optional<std::string> Client::more() {
  const std::string head = line();
  if (head.empty()) return std::nullopt;
  const std::size_t length = std::stoul(head, nullptr, 16);
  while (pending_.size() < length + 2)
    if (!fill()) return std::nullopt;
  std::string piece = pending_.substr(0, length);
  pending_.erase(0, length + 2);
  if (length == 0) return std::nullopt;
  return piece;
}

std::optional<Event> Client::event() {
  for (;;) {
    const std::size_t end = events_.find("\n\n");
    if (end == events_.npos) {
      const auto piece = more();
      if (!piece) return std::nullopt;
      events_ += *piece;
      continue;
    }
    const std::string text = events_.substr(0, end);
    events_.erase(0, end + 2);
    if (text.starts_with(":")) continue;
    const std::size_t cut = text.find("\ndata: ");
    return Event{text.substr(7, cut - 7), nlohmann::json::parse(text.substr(cut + 7))};
  }
}

bool Client::is_closed() {
  try {
    while (fill()) {
    }
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

std::string request_text(const std::string& method, const std::string& target,
                         const std::string& body, const std::vector<std::string>& headers) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n";
  for (const std::string& header : headers) text += header + "\r\n";
  if (!body.empty() || method == "POST") {
    if (text.find("Content-Type:") == text.npos) text += "Content-Type: application/json\r\n";
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

Response ask(const std::string& address, const std::string& method, const std::string& target,
             const std::string& body, const std::vector<std::string>& headers) {
  Client client(address);
  // A server may refuse and answer before it has read everything.
  static_cast<void>(client.send(request_text(method, target, body, headers)));
  return client.receive();
}

Response post(const std::string& address, const std::string& target, const nlohmann::json& body,
              const std::vector<std::string>& headers) {
  return ask(address, "POST", target, body.dump(), headers);
}

nlohmann::json endless(const std::string& marker) {
  return {{"language", "python"},
          {"solution",
           "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', "
           "'while True: pass', '" +
               marker + "'])"},
          {"timeout", 60000}};
}

}  // namespace test
