// An address to listen on, in the form that people write.
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

// Reads "HOST:PORT", "[IPV6]:PORT" or "unix:/PATH". Throws Error usage with a hint that gives the
// wanted form.
ListenAddress parse_listen_address(const std::string& text);

// Whether only this machine can connect: a unix socket, 127.0.0.0/8, ::1 or the name localhost.
// Resolves no names.
bool is_local(const ListenAddress& address);

}  // namespace cloche::service
