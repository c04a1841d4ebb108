#include "service/listen_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "cloche/error.h"

namespace cloche::service {

namespace {

[[noreturn]] void refuse_address(const std::string& text, const std::string& hint) {
  throw Error(ErrorKind::usage, "listen on \"" + text + "\"", 0, hint);
}

std::optional<std::uint32_t> ipv4(const std::string& host) {
  in_addr address{};
  if (::inet_pton(AF_INET, host.c_str(), &address) != 1) return std::nullopt;
  return ntohl(address.s_addr);
}

std::optional<in6_addr> ipv6(const std::string& host) {
  in6_addr address{};
  // The zone of an address ("fe80::1%eth0") is left to the resolver.
  if (::inet_pton(AF_INET6, host.substr(0, host.find('%')).c_str(), &address) != 1)
    return std::nullopt;
  return address;
}

bool is_name(const std::string& host) {
  constexpr std::size_t kMost = 253;
  return !host.empty() && host.size() <= kMost && host.front() != '-' &&
         std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '.' || c == '_';
         });
}

// "1.2.3" and "0x7f.1" are not host names, but some resolvers accept them as addresses.
bool looks_like_number(const std::string& host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return !last.empty() && last.front() >= '0' && last.front() <= '9';
}

}  // namespace

ListenAddress parse_listen_address(const std::string& text) {
  ListenAddress address;
  if (text.starts_with("unix:")) {
    address.path = text.substr(5);
    if (!address.path.starts_with('/') || address.path.find('\0') != text.npos)
      refuse_address(text, "\"unix:\" and an absolute path");
    constexpr std::size_t kMost = sizeof(sockaddr_un::sun_path) - 1;
    if (address.path.size() > kMost)
      refuse_address(text, "a socket's path of at most " + std::to_string(kMost) + " bytes");
    return address;
  }
  const auto colon = text.rfind(':');
  const std::string wanted = "HOST:PORT, [IPV6]:PORT or unix:/PATH";
  if (colon == text.npos) refuse_address(text, wanted);
  address.host = text.substr(0, colon);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
    if (!ipv6(address.host)) refuse_address(text, "an IPv6 address in the brackets");
  } else if (address.host.find(':') != text.npos) {
    refuse_address(text, "an IPv6 address in brackets, [::1]:8080");
  } else if (address.host == "*" || address.host.empty()) {
    refuse_address(text, "a host, such as 127.0.0.1, or 0.0.0.0 or [::] for all addresses");
  } else if (!is_name(address.host) || (looks_like_number(address.host) && !ipv4(address.host))) {
    refuse_address(text, wanted);
  }
  const char* const end = text.data() + text.size();
  const auto [rest, failed] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (failed != std::errc() || rest != end) refuse_address(text, "a port from 0 to 65535");
  return address;
}

bool is_local(const ListenAddress& address) {
  if (!address.path.empty() || address.host == "localhost") return true;
  constexpr std::uint32_t kLoopback = 127;
  if (const auto four = ipv4(address.host)) return *four >> 24 == kLoopback;
  const auto six = ipv6(address.host);
  if (!six) return false;
  if (IN6_IS_ADDR_V4MAPPED(&*six)) return six->s6_addr[12] == kLoopback;
  return IN6_IS_ADDR_LOOPBACK(&*six);
}

}  // namespace cloche::service
