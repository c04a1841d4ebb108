#include "service/listen_address.h"

#include "catch.h"
#include "cloche/error.h"
#include "directory.h"

using namespace cloche;
using namespace cloche::service;

TEST_CASE("addresses to listen on are read") {
  CHECK(parse_listen_address("127.0.0.1:8080") == ListenAddress{"", "127.0.0.1", 8080});
  CHECK(parse_listen_address("localhost:0") == ListenAddress{"", "localhost", 0});
  CHECK(parse_listen_address("code.example.org:65535") ==
        ListenAddress{"", "code.example.org", 65535});
  CHECK(parse_listen_address("[::1]:80") == ListenAddress{"", "::1", 80});
  CHECK(parse_listen_address("[fe80::1%eth0]:80") == ListenAddress{"", "fe80::1%eth0", 80});
  CHECK(parse_listen_address("unix:/run/cloche/http") == ListenAddress{"/run/cloche/http", "", 0});
}

TEST_CASE("addresses that are none are refused with what is wanted") {
  const auto told = [](const std::string& text) {
    return service_test::complaint([&] { parse_listen_address(text); });
  };
  for (const char* const text :
       {"", "80", "localhost", "a b:80", "/run/x:1", "a\n:80", "127.0.0:80", "0x7f.1:80",
        "127.0.0.256:80", "127.1:80", "-a:80", "\xff:80", "a/b:80"})
    CHECK_THAT(told(text), ContainsSubstring("(HOST:PORT, [IPV6]:PORT or unix:/PATH)"));
  for (const char* const text :
       {"a:", "a:x", "a:-1", "a:65536", "a:+1", "a:80 ", "[::1]:", "a:1.5"})
    CHECK_THAT(told(text), ContainsSubstring("a port from 0 to 65535"));
  CHECK_THAT(told("::1:80"), ContainsSubstring("in brackets"));
  CHECK_THAT(told("[127.0.0.1]:80"), ContainsSubstring("IPv6 address in the brackets"));
  CHECK_THAT(told("[]:80"), ContainsSubstring("IPv6 address in the brackets"));
  CHECK_THAT(told("*:80"), ContainsSubstring("0.0.0.0"));
  CHECK_THAT(told(":"), ContainsSubstring("0.0.0.0"));
  CHECK_THAT(told("unix:relative"), ContainsSubstring("an absolute path"));
  CHECK_THAT(told("unix:"), ContainsSubstring("an absolute path"));
  CHECK_THAT(told(std::string("unix:/a\0b", 9)), ContainsSubstring("an absolute path"));
  CHECK_THAT(told("unix:/" + std::string(107, 'a')), ContainsSubstring("at most 107 bytes"));
  CHECK(parse_listen_address("unix:/" + std::string(106, 'a')).path.size() == 107);
}

TEST_CASE("an address that only this machine can reach is local") {
  const auto local = [](const std::string& text) { return is_local(parse_listen_address(text)); };
  for (const char* const text : {"127.0.0.1:1", "127.255.3.4:1", "[::1]:1", "localhost:1",
                                 "[::ffff:127.0.0.1]:1", "unix:/x"})
    CHECK(local(text));
  for (const char* const text :
       {"0.0.0.0:1", "[::]:1", "128.0.0.1:1", "10.0.0.1:1", "localhost.example.org:1",
        "[::ffff:10.0.0.1]:1", "[fe80::1%lo]:1", "loopback:1", "[::2]:1"})
    CHECK_FALSE(local(text));
}
