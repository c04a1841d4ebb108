#include <errno.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

// Signals that the launcher ignored or blocked are none of the program's concern.
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
        break;  // came when the execution had just ended
      default:
        reply_failed("understand the launcher", "", EPROTO);
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
  // cannot ask for keys at all (seccomp), but what the kernel itself looks up goes there.
  syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr);
  static World world;
  // Kept for the whole life: the world points into it.
  Message setup = receive();
  if (setup.header.type != cloche::protocol::Type::setup) {
    errno = EPROTO;
    die("understand the launcher");
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
