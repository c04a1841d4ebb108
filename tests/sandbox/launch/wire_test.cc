// The launcher's checks of a reply, when a hostile program may hold the other end.
#include "sandbox/launch/wire.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "catch.h"
#include "cloche/error.h"
#include "util/fd.h"

using cloche::Error;
using cloche::protocol::Header;
using cloche::protocol::Type;

namespace {

// The result of receiving when the other end sends `bytes` and closes.
std::string answer_to(const std::string& bytes) {
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const cloche::UniqueFd launcher(ends[0]);
  cloche::UniqueFd init(ends[1]);
  REQUIRE(::send(init.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  init.reset();
  try {
    std::string body;
    cloche::receive_reply(launcher.get(), body);
    return "taken";
  } catch (const Error& error) {
    return error.what();
  }
}

std::string message(Type type, std::uint32_t size, const std::string& body) {
  const Header header{type, size};
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + body;
}

}  // namespace

TEST_CASE("a reply is taken whole or not at all") {
  CHECK(answer_to(message(Type::done, 0, "")) == "taken");
  CHECK(answer_to(message(Type::ended, 4, "abcd")) == "taken");
  CHECK(answer_to(message(Type::ended, 4, "abc")) == "talk to the sandbox: its init has ended");
  CHECK(answer_to("") == "talk to the sandbox: its init has ended");
}

TEST_CASE("a reply of gigabytes is refused before it is made room for") {
  CHECK(answer_to(message(Type::done, 0xffffffff, "x")) ==
        "talk to the sandbox: a reply is too long");
}

TEST_CASE("a failure's text is bounded though nothing ends it") {
  cloche::protocol::Failed failed{};
  failed.step = cloche::protocol::InitStep::open_file;
  failed.errnum = ENOMEM;
  std::memset(failed.detail, 'x', sizeof failed.detail);
  const std::string body(reinterpret_cast<const char*>(&failed), sizeof failed);
  CHECK(answer_to(message(Type::failed, sizeof failed, body)) ==
        "open " + std::string(sizeof failed.detail, 'x') + ": Cannot allocate memory");
}

TEST_CASE("a failure of no known step is an error, and no sentence") {
  cloche::protocol::Failed failed{};
  failed.step = static_cast<cloche::protocol::InitStep>(cloche::protocol::kInitSteps);
  const std::string body(reinterpret_cast<const char*>(&failed), sizeof failed);
  CHECK(answer_to(message(Type::failed, sizeof failed, body)) ==
        "talk to the sandbox: an unknown failure");
}
