// A sandboxed program reaches no service of the host and no other network.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"
#include "processes.h"
#include "util/fd.h"

using cloche::Network;
using cloche::Result;
using cloche::UniqueFd;

namespace {

// A service of the host: on a port of loopback by TCP and UDP, under an abstract name, and under a
// path. It counts its visitors.
class Service {
 public:
  Service() {
    tcp_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    udp_.reset(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in loopback{};
    loopback.sin_family = AF_INET;
    loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof loopback;
    REQUIRE(::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&loopback), size) == 0);
    REQUIRE(::listen(tcp_.get(), 10) == 0);
    ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&loopback), &size);
    REQUIRE(::bind(udp_.get(), reinterpret_cast<sockaddr*>(&loopback), size) == 0);
    port = ntohs(loopback.sin_port);
    abstract_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    name.copy(local.sun_path + 1, name.size());
    REQUIRE(::bind(abstract_.get(), reinterpret_cast<sockaddr*>(&local),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size())) == 0);
    REQUIRE(::listen(abstract_.get(), 10) == 0);
    path_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un named{};
    named.sun_family = AF_UNIX;
    path.copy(named.sun_path, path.size());
    REQUIRE(::bind(path_.get(), reinterpret_cast<sockaddr*>(&named), sizeof named) == 0);
    REQUIRE(::listen(path_.get(), 10) == 0);
  }

  // Names the connections since the last call.
  std::string visitors() {
    std::string all;
    char bytes[16];
    for (const auto& [kind, socket] :
         {std::pair{"tcp", &tcp_}, {"abstract", &abstract_}, {"path", &path_}})
      for (;;) {
        const UniqueFd visitor(::accept4(socket->get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!visitor) break;
        all += std::string(kind) + " ";
      }
    while (::recv(udp_.get(), bytes, sizeof bytes, 0) > 0) all += "udp ";
    return all;
  }

  std::vector<std::string> words() const {
    std::vector<std::string> all = {"network", "everywhere", std::to_string(port), name, path};
    ifaddrs* first = nullptr;
    ::getifaddrs(&first);
    for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
      char text[INET_ADDRSTRLEN];
      ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, text,
                  sizeof text);
      all.emplace_back(text);
    }
    ::freeifaddrs(first);
    return all;
  }

  const std::string name = "cloche-escape-" + random_text();
  const Canary place;
  const std::string path = place.directory() + "/socket";
  unsigned short port = 0;

 private:
  UniqueFd tcp_, udp_, abstract_, path_;
};

}  // namespace

TEST_CASE("no service of the host is reached, by address, abstract name or path") {
  {
    Service reached;
    act_outside(reached.words());
    std::string seen;
    for (const char* kind : {"tcp", "udp", "abstract", "path"})
      CHECK(comes_true([&] {
        seen += reached.visitors();
        return seen.find(kind) != std::string::npos;
      }));
  }
  Service service;
  for (const Network network : {Network::none, Network::loopback}) {
    cloche::Spec spec = hostile_spec();
    spec.network = network;
    const Result result = attack(service.words(), spec);
    CHECK(answers(result.out.bytes).size() >= 24);
    CHECK(service.visitors() == "");
    // A datagram to the sandbox's own loopback is sent, although no socket receives it.
    if (network == Network::none) CHECK(got_through(result.out.bytes) == "");
  }
}

TEST_CASE("the network is empty and stays as it is") {
  for (const Network network : {Network::none, Network::loopback}) {
    cloche::Spec spec = hostile_spec();
    spec.network = network;
    cloche::Sandbox sandbox(spec);
    CHECK(sandbox.exec(hostile({"network", "interfaces"})).out.bytes == "interface lo\n");
    const Result result = sandbox.exec(hostile({"network", "configure"}));
    CHECK(answers(result.out.bytes).size() == 11);
    CHECK(got_through(result.out.bytes) == "");
    CHECK(sandbox.exec(hostile({"network", "interfaces"})).out.bytes == "interface lo\n");
  }
}
