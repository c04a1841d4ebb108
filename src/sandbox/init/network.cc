// Loopback of the sandbox's own network namespace.
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "sandbox/init/init.h"

namespace cloche::init {

void bring_loopback_up() {
  constexpr int kLoopbackIndex = 1;  // the first interface of every network namespace
  nl_sock* socket = nl_socket_alloc();
  nl_msg* message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
  if (socket == nullptr || message == nullptr) die("bring loopback up");
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = kLoopbackIndex;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  int failed = nl_connect(socket, NETLINK_ROUTE);
  if (failed == 0) failed = nlmsg_append(message, &link, sizeof link, NLMSG_ALIGNTO);
  if (failed == 0) failed = nl_send_sync(socket, message);  // frees the message
  if (failed < 0) {
    errno = EIO;
    die("bring loopback up: ", nl_geterror(failed));
  }
  nl_socket_free(socket);
}

}  // namespace cloche::init
