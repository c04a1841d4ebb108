// Tries to reach everything that does not belong to this sandbox.
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "hostile.h"

static long reach(int family, const void* address, socklen_t size, int type) {
  const int end = socket(family, type | SOCK_NONBLOCK, 0);
  if (end < 0) return -1;
  long result = connect(end, address, size);
  if (result != 0 && errno == EINPROGRESS) {
    struct pollfd answer = {end, POLLOUT, 0};
    int failed = ETIMEDOUT;
    socklen_t length = sizeof failed;
    if (poll(&answer, 1, 200) > 0) getsockopt(end, SOL_SOCKET, SO_ERROR, &failed, &length);
    errno = failed;
    result = failed == 0 ? 0 : -1;
  }
  if (result == 0) result = send(end, "reached", 7, MSG_NOSIGNAL);
  const int saved = errno;
  close(end);
  errno = saved;
  return result;
}

// ARGUMENTS: port, abstract name, path of a socket, then addresses of the host.
static int everywhere(char** arguments) {
  const unsigned short port = (unsigned short)number(arguments, 0, 53);
  char what[128];
  const char* const fixed[] = {"127.0.0.1", "127.0.0.53", "0.0.0.0", "10.0.2.2", "169.254.169.254",
                               "192.0.2.1", "8.8.8.8",    "::1",     "::",       "::ffff:127.0.0.1",
                               "fe80::1"};
  const size_t count = sizeof fixed / sizeof *fixed;
  for (size_t i = 0; i < count || arguments[3 + i - count]; ++i) {
    const char* text = i < count ? fixed[i] : arguments[3 + i - count];
    for (int kind = 0; kind < 2; ++kind) {
      const int type = kind ? SOCK_DGRAM : SOCK_STREAM;
      snprintf(what, sizeof what, "%s:%s", kind ? "udp" : "tcp", text);
      struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
      struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
      if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        tried(what, reach(AF_INET, &four, sizeof four, type));
      else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        tried(what, reach(AF_INET6, &six, sizeof six, type));
    }
  }
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  const size_t length = strlen(arguments[1]);
  memcpy(local.sun_path + 1, arguments[1], length);
  tried("abstract",
        reach(AF_UNIX, &local, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length),
              SOCK_STREAM));
  memset(local.sun_path, 0, sizeof local.sun_path);
  snprintf(local.sun_path, sizeof local.sun_path, "%s", arguments[2]);
  tried("path", reach(AF_UNIX, &local, sizeof local, SOCK_STREAM));
  return 0;
}

static int interfaces(char** arguments) {
  (void)arguments;
  const struct if_nameindex* names = if_nameindex();
  for (; names && names->if_index; ++names) dprintf(1, "interface %s\n", names->if_name);
  return 0;
}

// A change of the own network would be the first step to another network.
static int configure(char** arguments) {
  (void)arguments;
  struct {
    struct nlmsghdr header;
    struct ifinfomsg link;
    char attributes[64];
  } request = {.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                          .nlmsg_type = RTM_NEWLINK,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK}};
  // IFLA_LINKINFO { IFLA_INFO_KIND "dummy" }
  const struct {
    struct nlattr info, kind;
    char name[8];
  } attributes = {{4 + 4 + 8, 18 | NLA_F_NESTED}, {4 + 6, 1}, "dummy"};
  memcpy(request.attributes, &attributes, sizeof attributes);
  request.header.nlmsg_len += sizeof attributes;
  const int route = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  send(route, &request, request.header.nlmsg_len, 0);
  struct {
    struct nlmsghdr header;
    struct nlmsgerr error;
    char rest[256];
  } answer = {0};
  const ssize_t size = recv(route, &answer, sizeof answer, 0);
  errno = -answer.error.error;
  tried("new-link", size > 0 && answer.error.error == 0 ? 0 : -1);
  struct ifreq wanted = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_PROMISC};
  const int any = socket(AF_INET, SOCK_DGRAM, 0);
  tried("set-flags", ioctl(any, SIOCSIFFLAGS, &wanted));
  tried("set-address", ioctl(any, SIOCSIFADDR, &wanted));
  tried("raw", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  tried("raw-6", socket(AF_INET6, SOCK_RAW, 58));
  tried("packet", socket(AF_PACKET, SOCK_DGRAM, 0));
  tried("low-port",
        bind(any,
             (struct sockaddr*)&(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(53)},
             sizeof(struct sockaddr_in)));
  tried("mark", setsockopt(any, SOL_SOCKET, SO_MARK, &(int){1}, sizeof(int)));
  tried("debug", setsockopt(any, SOL_SOCKET, SO_DEBUG, &(int){1}, sizeof(int)));
  tried("force-buffer", setsockopt(any, SOL_SOCKET, SO_SNDBUFFORCE, &(int){1 << 30}, sizeof(int)));
  tried("bind-to-device", setsockopt(any, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5));
  return 0;
}

const struct act_group network_group = {
    "network",
    (const struct act[]){
        {"everywhere", everywhere}, {"interfaces", interfaces}, {"configure", configure}, {0}}};
