#include "service/schedule/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "service/schedule/spawn.h"
#include "util/file.h"

namespace cloche::service {

namespace {

constexpr std::size_t kKept = 4096;  // the most bytes kept of its last output

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Awaitable<ChildEnd> run_child(asio::io_context& context, std::vector<std::string> argv) {
  Pipe pipe = make_pipe();
  asio::posix::stream_descriptor errors(context, pipe.read.release());
  const pid_t child = spawn(argv, pipe.write.get(), STDERR_FILENO);
  pipe.write.reset();
  std::string said;
  std::array<char, 4096> buffer;
  for (;;) {
    const auto [error, size] = co_await errors.async_read_some(asio::buffer(buffer), with_error);
    if (error) break;
    said.append(buffer.data(), size);
    if (said.size() > 2 * kKept) said.erase(0, said.size() - kKept);
  }
  // It has closed its standard error, so it is about to end.
  int status = 0;
  asio::steady_timer pause(context);
  while (::waitpid(child, &status, WNOHANG) == 0) {
    pause.expires_after(std::chrono::milliseconds(10));
    co_await pause.async_wait(with_error);
  }
  co_return ChildEnd{WIFEXITED(status) && WEXITSTATUS(status) == 0, last_line(said)};
}

}  // namespace cloche::service
