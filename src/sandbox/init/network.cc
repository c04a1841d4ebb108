// Loopback of the sandbox's own network namespace: netdevice(7).
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sandbox/init/world.h"

namespace cloche::init {

void bring_loopback_up() {
  const int any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq interface {};
  strcpy(interface.ifr_name, "lo");
  interface.ifr_flags = IFF_UP;
  if (any < 0 || ioctl(any, SIOCSIFFLAGS, &interface) != 0) die(InitStep::start_loopback);
  close(any);
}

}  // namespace cloche::init
