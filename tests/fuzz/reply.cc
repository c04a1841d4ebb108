// Replies that the launcher reads from init. The input is the data from init's end of the socket.
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "sandbox/launch/wire.h"
#include "util/fd.h"

using cloche::ErrorKind;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  int ends[2];
  fuzz::demand(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
               "there is a socket");
  const cloche::UniqueFd launcher(ends[0]);
  cloche::UniqueFd init(ends[1]);
  fuzz::demand(::send(init.get(), data, size, MSG_NOSIGNAL) == static_cast<ssize_t>(size),
               "the input fits the socket");
  init.reset();
  // An errno may have any value, and decides the kind.
  for (bool more = true; more;)
    more = fuzz::accepts(
        {ErrorKind::internal, ErrorKind::system, ErrorKind::denied, ErrorKind::no_space}, [&] {
          std::string body;
          cloche::receive_reply(launcher.get(), body);
          fuzz::demand(body.size() <= size, "a body is not longer than what was sent");
        });
  return 0;
}
