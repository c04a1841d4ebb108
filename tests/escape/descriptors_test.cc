// A program has the descriptors that it is meant to have, and none of the launcher's.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "catch.h"
#include "fixture.h"
#include "util/file.h"

using cloche::UniqueFd;

namespace {

// Descriptors that a careless embedding program may have open, all inheritable.
class Leaks {
 public:
  explicit Leaks(const Canary& canary) {
    fds_.emplace_back(::open(canary.directory().c_str(), O_RDONLY | O_DIRECTORY));
    fds_.emplace_back(::open(canary.directory().c_str(), O_PATH | O_DIRECTORY));
    fds_.emplace_back(::open(canary.path().c_str(), O_RDWR));
    fds_.emplace_back(::open("/", O_RDONLY | O_DIRECTORY));
    fds_.emplace_back(::open("/proc", O_RDONLY | O_DIRECTORY));
    fds_.emplace_back(::eventfd(0, 0));
    // Low and high numbers.
    for (const int number : {20, 63, 255, 500, 1000})
      fds_.emplace_back(::fcntl(fds_.front().get(), F_DUPFD, number));
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fds_.emplace_back(ends[0]);
    fds_.emplace_back(ends[1]);
    for (const UniqueFd& fd : fds_) REQUIRE(fd.get() >= 0);
  }

 private:
  std::vector<UniqueFd> fds_;
};

}  // namespace

TEST_CASE("descriptors that the launcher leaks are not open inside") {
  const Canary canary;
  const Leaks leaks(canary);
  cloche::Sandbox sandbox(hostile_spec());
  CHECK(sandbox.exec(hostile({"descriptors", "list"})).out.bytes == "fd 0\nfd 1\nfd 2\n");
  for (const int number : {3, 5, 9}) {
    cloche::Command command = hostile({"descriptors", "list"});
    command.channel = cloche::Channel{number, "hello", [](auto) { return std::string(); }};
    CHECK(sandbox.exec(command).out.bytes == "fd 0\nfd 1\nfd 2\nfd " + std::to_string(number) +
                                                 "\nfd " + std::to_string(number + 1) + "\n");
  }
  // Opened after the sandbox was made.
  const Leaks later(canary);
  CHECK(sandbox.exec(hostile({"descriptors", "list"})).out.bytes == "fd 0\nfd 1\nfd 2\n");
}

TEST_CASE("nothing leads through a descriptor to the host") {
  const Canary canary(0666);
  {
    // A leaked directory would be enough for an attack, if nothing closed it.
    const UniqueFd directory(::open(canary.directory().c_str(), O_RDONLY | O_DIRECTORY));
    CHECK_THAT(act_outside({"descriptors", "through", "canary"}),
               ContainsSubstring(canary.secret()));
  }
  const Leaks leaks(canary);
  const cloche::Result result = attack({"descriptors", "through", "canary", "write"});
  CHECK_THAT(result.out.bytes, !ContainsSubstring(canary.secret()));
  CHECK_THAT(result.out.bytes, !ContainsSubstring("canary"));
  CHECK(canary.untouched());
}

TEST_CASE("the working directory is inside, and so is everything above it") {
  const Canary canary;
  const std::string before = ::get_current_dir_name();
  REQUIRE(::chdir(canary.directory().c_str()) == 0);
  const std::string outside = act_outside({"descriptors", "above", "canary"});
  const cloche::Result result = attack({"descriptors", "above", "canary"});
  REQUIRE(::chdir(before.c_str()) == 0);
  CHECK_THAT(outside, ContainsSubstring(canary.secret()));
  CHECK_THAT(result.out.bytes, !ContainsSubstring(canary.secret()));
  CHECK_THAT(result.out.bytes, ContainsSubstring("cwd /workspace\n"));
  CHECK_THAT(result.out.bytes, ContainsSubstring("above hostile\n"));
  CHECK_THAT(result.out.bytes, !ContainsSubstring("above home\n"));
}

TEST_CASE("flags that a program sets on its streams do not reach the launcher's") {
  const Canary canary;
  const UniqueFd input(::open(canary.path().c_str(), O_RDONLY | O_CLOEXEC));
  const int flags = ::fcntl(input.get(), F_GETFL);
  const int out_flags = ::fcntl(1, F_GETFL);
  cloche::Sandbox sandbox(hostile_spec());
  cloche::Command command = hostile({"descriptors", "set-flags"});
  command.stdin_fd = input.get();
  sandbox.exec(command);
  CHECK(::fcntl(input.get(), F_GETFL) == flags);
  CHECK(::fcntl(1, F_GETFL) == out_flags);
  CHECK(canary.untouched());
}
