#include "service/http/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <cstring>

#include "cloche/error.h"
#include "service/listen_address.h"

namespace cloche::service {

namespace {

constexpr int kBacklog = 1024;
constexpr const char* kUnix = "unix:";

std::string name_of(int fd) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "?";
  if (address.ss_family == AF_UNIX)
    return kUnix + std::string(reinterpret_cast<const sockaddr_un&>(address).sun_path);
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof host, port,
                    sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return "?";
  const bool six = address.ss_family == AF_INET6;
  return (six ? "[" : "") + std::string(host) + (six ? "]:" : ":") + port;
}

// The address of the client.
std::string peer_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  const int fd = const_cast<Socket&>(socket).socket().native_handle();
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) return "?";
  if (address.ss_family == AF_UNIX) return "unix";
  char host[NI_MAXHOST];
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&address), length, host, sizeof host, nullptr, 0,
                    NI_NUMERICHOST) != 0)
    return "?";
  return host;
}

Listening listen_on(UniqueFd socket, const std::string& address) {
  if (::listen(socket.get(), kBacklog) != 0) throw Error::from_errno("listen on " + address, errno);
  std::string name = name_of(socket.get());
  return {std::move(socket), std::move(name)};
}

// Whether no program listens at a socket file any more.
bool is_dead(const sockaddr_un& address) {
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
             0 &&
         errno == ECONNREFUSED;
}

Listening listen_at_path(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    throw Error(ErrorKind::usage, "listen on unix:" + path, 0,
                "the path of a socket has 1 to 107 bytes");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto bound = [&] {
    return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  };
  const mode_t before = ::umask(0117);
  bool well = bound();
  struct stat status {};
  if (!well && errno == EADDRINUSE && ::lstat(path.c_str(), &status) == 0 &&
      S_ISSOCK(status.st_mode) && is_dead(address))
    well = ::unlink(path.c_str()) == 0 && bound();
  const int failed = errno;
  ::umask(before);
  if (!well && failed == EADDRINUSE)
    throw Error(ErrorKind::busy, "listen on unix:" + path, failed, "another program listens there");
  if (!well) throw Error::from_errno("listen on unix:" + path, failed);
  Listening listening = listen_on(std::move(socket), "unix:" + path);
  listening.file = path;
  return listening;
}

Listening listen_at_host(const ListenAddress& wanted, const std::string& address) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  if (const int failed =
          ::getaddrinfo(wanted.host.c_str(), std::to_string(wanted.port).c_str(), &hints, &found);
      failed != 0)
    throw Error(ErrorKind::usage, "listen on " + address + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  UniqueFd socket(::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) throw Error::from_errno("listen on " + address, errno);
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (found->ai_family == AF_INET6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0) {
    if (errno == EADDRINUSE)
      throw Error(ErrorKind::busy, "listen on " + address, errno, "another program listens there");
    throw Error::from_errno("listen on " + address, errno);
  }
  return listen_on(std::move(socket), address);
}

Protocol protocol_of(int fd) {
  int family = AF_INET;
  socklen_t length = sizeof family;
  ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length);
  return Protocol(family, family == AF_UNIX ? 0 : IPPROTO_TCP);
}

}  // namespace

Listening listen_at(const std::string& address) {
  const ListenAddress wanted = parse_listen_address(address);
  if (!wanted.path.empty()) return listen_at_path(wanted.path);
  return listen_at_host(wanted, address);
}

std::vector<Listening> listening_from_systemd() {
  std::vector<Listening> all;
  // 1: remove the variables, so that the workers do not take the sockets for theirs.
  const int count = ::sd_listen_fds(1);
  for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
    if (::sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
      throw Error(ErrorKind::usage, "take the descriptor " + std::to_string(fd) + " from systemd",
                  0, "it is not a listening stream socket");
    all.push_back({UniqueFd(fd), name_of(fd)});
  }
  return all;
}

Listener::Listener(asio::io_context& context, Listening listening,
                   std::shared_ptr<asio::ssl::context> tls, const Front& front,
                   std::size_t& connections)
    : context_(context),
      acceptor_(context),
      file_(std::move(listening.file)),
      tls_(std::move(tls)),
      front_(front),
      connections_(connections) {
  const Protocol protocol = protocol_of(listening.socket.get());
  acceptor_.assign(protocol, listening.socket.release());
  asio::co_spawn(context_, accept(), asio::detached);
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  if (!file_.empty()) ::unlink(file_.c_str());
}

Awaitable<void> Listener::accept() {
  asio::steady_timer pause(context_);
  while (acceptor_.is_open()) {
    if (connections_ >= front_.config->connections) {
      pause.expires_after(std::chrono::milliseconds(20));
      co_await pause.async_wait(with_error);
      continue;
    }
    auto [error, socket] = co_await acceptor_.async_accept(with_error);
    if (error == asio::error::operation_aborted) break;
    if (error) {  // out of descriptors, for example: other connections will free some
      pause.expires_after(std::chrono::milliseconds(100));
      co_await pause.async_wait(with_error);
      continue;
    }
    begin(Socket(std::move(socket)));
  }
}

void Listener::begin(Socket socket) {
  const int on = 1;
  ::setsockopt(socket.socket().native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::string peer = peer_of(socket);
  ++connections_;
  const auto over = [this](const std::exception_ptr&) { --connections_; };
  // TLS protects traffic on a network; a unix socket has none.
  asio::ssl::context* const tls = peer == "unix" ? nullptr : tls_.get();
  asio::co_spawn(context_, serve(std::move(socket), std::move(peer), tls, front_), over);
}

}  // namespace cloche::service
