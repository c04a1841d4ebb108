#include "image/child_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"

namespace cloche::image {

namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr std::size_t kLongestLine = 64 * 1024;

// Passes on the whole lines of `pending`, and removes them from it.
void hand_over(std::string& pending, const std::function<void(const std::string&)>& line) {
  std::size_t start = 0;
  for (std::size_t end = 0; (end = pending.find('\n', start)) != std::string::npos; start = end + 1)
    line(pending.substr(start, end - start));
  pending.erase(0, start);
  if (pending.size() > kLongestLine) pending.resize(kLongestLine);
}

}  // namespace

void each_line(int fd, const std::string& what, Deadline deadline,
               const std::function<void(const std::string&)>& line,
               const std::function<void()>& tick) {
  std::string pending;
  char buffer[4096];
  for (;;) {
    if (std::chrono::steady_clock::now() >= deadline)
      throw Error(ErrorKind::too_large, what + ": it takes too long", 0, "--max-time allows more");
    pollfd watched{fd, POLLIN, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(kTick.count()));
    if (ready < 0 && errno != EINTR) throw Error::from_errno(what + ": wait for it", errno);
    if (ready <= 0) {
      tick();
      continue;
    }
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw Error::from_errno(what + ": listen to it", errno);
    if (count == 0) break;
    pending.append(buffer, static_cast<std::size_t>(count));
    hand_over(pending, line);
  }
  if (!pending.empty()) line(pending);
}

}  // namespace cloche::image
