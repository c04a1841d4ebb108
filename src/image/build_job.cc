#include "image/build_job.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "util/file.h"

namespace cloche::image {

namespace {

// The last lines of a text that say something.
std::string tail(const std::string& text) {
  constexpr std::size_t kLines = 12;
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end > start) lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  std::string last;
  for (std::size_t i = lines.size() > kLines ? lines.size() - kLines : 0; i < lines.size(); ++i)
    last += (last.empty() ? " " : " | ") + lines[i];
  return last;
}

}  // namespace

BuildJob::BuildJob(std::string image, std::string log, int cancel)
    : image_(std::move(image)),
      log_(std::move(log)),
      fd_(::open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)),
      cancel_(cancel) {
  if (!fd_) throw Error::from_errno("create " + log_, errno);
}

void BuildJob::check() const {
  pollfd watched{cancel_, POLLIN, 0};
  if (cancel_ >= 0 && ::poll(&watched, 1, 0) > 0) throw Cancelled(image_);
}

void BuildJob::follow(Process& process, const std::string& program, int fd, const Filter& filter) {
  std::string said;
  const bool cancelled = image::follow(process, fd, cancel_, [&](const std::string& bytes) {
    const std::string kept = filter ? filter(bytes) : bytes;
    write_all(fd_.get(), kept, log_);
    said += kept;
  });
  const int status = process.wait();
  if (cancelled) throw Cancelled(image_);
  if (status != 0) fail(program, status, said);
}

void BuildJob::fail(const std::string& program, int status, const std::string& said) const {
  const bool full = said.find("No space left on device") != std::string::npos ||
                    said.find("ENOSPC") != std::string::npos ||
                    said.find("enough free space") != std::string::npos;
  throw Error(full ? ErrorKind::no_space : ErrorKind::system,
              "build the image " + image_ + ": " + program + " ended with " + ending(status) +
                  ", having said:" + tail(said),
              full ? ENOSPC : 0, "all it said is in " + log_);
}

}  // namespace cloche::image
