// init: the small static program that is PID 1 inside a sandbox.
//
// It builds its world (world.h), then answers the launcher's requests on one socket (requests.h).
// It trusts the launcher and nothing else: it parses no bytes that sandboxed code wrote, and
// follows no path that sandboxed code made.
#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/requests.h"
#include "sandbox/init/wire.h"
#include "sandbox/init/world.h"

namespace cloche::init {

namespace {

// Programs must not inherit the signals that the launcher ignored or blocked.
void reset_signals() {
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void serve(const World& world) {
  for (;;) {
    Message message = receive();
    switch (message.header.type) {
      case protocol::Type::exec:
        execute(world, message);
        break;
      case protocol::Type::put:
        put(world, message);
        break;
      case protocol::Type::get:
        get(world, message);
        break;
      case protocol::Type::save:
        save(world, message);
        break;
      case protocol::Type::load:
        load(world, message);
        break;
      case protocol::Type::kill:
      case protocol::Type::warn:
      case protocol::Type::signal:
        break;  // it came just after the end of the execution
      default:
        reply_failed(InitStep::understand_launcher, EPROTO);
    }
    message.drop();
  }
}

}  // namespace

}  // namespace cloche::init

int main(int argc, char** argv) {
  using namespace cloche::init;
  reset_signals();
  if (argc > 1) {
    guard_groups(argv[1]);
    return 0;
  }
  // A session keyring of its own, where the kernel has keys and the user's quota has room. Programs
  // cannot ask for keys at all (seccomp), but the kernel itself looks keys up there.
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  static World world;
  // Kept for init's whole life: the world points into it.
  Message setup = receive();
  if (setup.header.type != cloche::protocol::Type::setup) {
    errno = EPROTO;
    die(InitStep::understand_launcher);
  }
  if (setup.fd_count > 1) {
    watch_launcher(setup.fds[1]);
    setup.fds[1] = -1;
  }
  build_world(world, setup);
  setup.drop_descriptors();
  reply(cloche::protocol::Type::done);
  serve(world);
}
