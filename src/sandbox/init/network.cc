// Loopback of the sandbox's own network namespace: rtnetlink(7).
#include <errno.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "sandbox/init/world.h"

namespace cloche::init {

void bring_loopback_up() {
  constexpr int kLoopbackIndex = 1;  // the first interface of every network namespace
  nl_sock* socket = nl_socket_alloc();
  nl_msg* message = nlmsg_alloc_simple(RTM_NEWLINK, 0);
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = kLoopbackIndex;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  // The library has error codes of its own. errno is that of the last system call, if one failed.
  errno = 0;
  if (socket == nullptr || message == nullptr || nl_connect(socket, NETLINK_ROUTE) < 0 ||
      nlmsg_append(message, &link, sizeof link, NLMSG_ALIGNTO) < 0 ||
      nl_send_sync(socket, message) < 0) {  // frees the message
    if (errno == 0) errno = EIO;
    die(InitStep::start_loopback);
  }
  nl_socket_free(socket);
}

}  // namespace cloche::init
