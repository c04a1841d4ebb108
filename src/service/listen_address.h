// Where the service listens, as people write it.
#pragma once

#include <cstdint>
#include <string>

namespace cloche::service {

struct ListenAddress {
  std::string path;        // of a unix socket, absolute; empty for TCP
  std::string host;        // a name or an address, without brackets; empty for a unix socket
  std::uint16_t port = 0;  // 0: the kernel chooses one

  bool operator==(const ListenAddress&) const = default;
};

// "HOST:PORT", "[IPV6]:PORT" or "unix:/PATH". Throws Error usage with a hint that says what is
// wanted.
ListenAddress parse_listen_address(const std::string& text);

// Whether nothing outside this machine can connect: a unix socket, 127.0.0.0/8, ::1 or the name
// localhost. Nothing is resolved.
bool is_local(const ListenAddress& address);

}  // namespace cloche::service
