// A program cannot type into the terminal in which `cloche exec` runs.
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"
#include "processes.h"
#include "util/fd.h"

namespace {

bool has_terminals() {
  if (::access("/dev/ptmx", R_OK | W_OK) == 0 && ::access("/dev/pts", X_OK) == 0) return true;
  WARN("this host has no pseudo-terminals");
  return false;
}

struct Terminal {
  std::string screen;  // its output
  int waiting = 0;     // bytes that seem to have been typed
  termios before{}, after{};
};

// Runs a program on a terminal of its own, until it ends.
Terminal on_a_terminal(const std::vector<std::string>& words) {
  Terminal terminal;
  int master = -1, slave = -1;
  REQUIRE(::openpty(&master, &slave, nullptr, nullptr, nullptr) == 0);
  const cloche::UniqueFd ours(master), theirs(slave);
  termios attributes{};
  ::tcgetattr(slave, &attributes);
  attributes.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON);  // typed bytes wait, not shown
  ::tcsetattr(slave, TCSANOW, &attributes);
  ::tcgetattr(slave, &terminal.before);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setsid();
    ::ioctl(slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; ++fd) ::dup2(slave, fd);
    std::vector<std::string> copy = words;
    std::vector<char*> argv;
    for (std::string& word : copy) argv.push_back(word.data());
    argv.push_back(nullptr);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  const auto take = [&] {
    pollfd source{master, POLLIN, 0};
    while (::poll(&source, 1, 0) > 0 && (source.revents & POLLIN) != 0) {
      char bytes[4096];
      const ssize_t count = ::read(master, bytes, sizeof bytes);
      if (count <= 0) return;
      terminal.screen.append(bytes, static_cast<std::size_t>(count));
    }
  };
  int status = 0;
  CHECK(comes_true([&] {
    take();
    return ::waitpid(child, &status, WNOHANG) == child;
  }));
  take();
  ::ioctl(slave, FIONREAD, &terminal.waiting);
  ::tcgetattr(slave, &terminal.after);
  return terminal;
}

std::string lines(std::string text) {
  std::erase(text, '\r');
  return text;
}

}  // namespace

TEST_CASE("nothing can be typed into the launcher's terminal") {
  if (!has_terminals()) return;
  const Terminal terminal =
      on_a_terminal({CLOCHE_PROGRAM, "exec", "--rootfs", hostile_rootfs(), "--timeout", "5s", "--",
                     "/hostile", "terminal", "inject"});
  INFO(terminal.screen);
  CHECK_THAT(lines(terminal.screen), ContainsSubstring("session own\n"));
  CHECK(answers(lines(terminal.screen)).size() >= 70);
  CHECK(got_through(lines(terminal.screen)) == "");
  CHECK(terminal.waiting == 0);
  CHECK(terminal.after.c_lflag == terminal.before.c_lflag);
  CHECK(terminal.after.c_oflag == terminal.before.c_oflag);
}

TEST_CASE("the same acts change a terminal that nothing guards") {
  if (!has_terminals()) return;
  // Injection itself needs a kernel that still allows it. Attributes can always be changed.
  const Terminal terminal = on_a_terminal({HOSTILE, "terminal", "inject"});
  CHECK(terminal.after.c_oflag != terminal.before.c_oflag);
}

TEST_CASE("a program has a session of its own, without a terminal") {
  const std::string marker = "session-" + random_text();
  Held held({"processes", "hold", marker});
  const std::vector<pid_t> found = processes_with(marker);
  REQUIRE(found.size() == 1);
  CHECK(::getsid(found[0]) == found[0]);
  CHECK(::getsid(found[0]) != ::getsid(0));
}
