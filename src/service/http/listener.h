// Listening sockets, and the connections that they accept.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "service/http/session.h"
#include "util/fd.h"

namespace cloche::service {

// A listening socket and its name: "127.0.0.1:8080", "[::1]:8080", "unix:/run/x".
struct Listening {
  UniqueFd socket;
  std::string name;
  std::string file = {};  // the file of a unix socket that listen_at() made: removed at the end
};

// Opens "HOST:PORT", "[ADDRESS]:PORT" or "unix:PATH". Replaces a socket file that no program
// listens at. A new socket file is for this user and group alone. Throws Error: usage, busy,
// denied.
Listening listen_at(const std::string& address);

// The sockets from systemd: sd_listen_fds(3).
std::vector<Listening> listening_from_systemd();

// Accepts connections and serves each.
class Listener {
 public:
  // tls: null for none. `connections` counts open connections. At most `front.config->connections`
  // are open; further ones wait in the kernel.
  Listener(asio::io_context& context, Listening listening, std::shared_ptr<asio::ssl::context> tls,
           const Front& front, std::size_t& connections);
  void close();

 private:
  Awaitable<void> accept();
  void begin(Socket socket);

  asio::io_context& context_;
  asio::basic_socket_acceptor<Protocol> acceptor_;
  const std::string file_;
  const std::shared_ptr<asio::ssl::context> tls_;
  const Front& front_;
  std::size_t& connections_;
};

}  // namespace cloche::service
