#include "image/build/build_job.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "util/file.h"

namespace cloche::image {

namespace {

// The part of a program's output that explains its failure: the lines that apt and mmdebstrap mark
// as errors. The first errors are the cause, the later ones consequences. Without such lines, the
// last lines.
std::string gist(const std::string& text) {
  constexpr std::size_t kErrors = 3;
  constexpr std::size_t kLines = 12;
  std::vector<std::string> lines, errors;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    if (!line.empty()) lines.push_back(line);
    if (line.starts_with("E: ")) errors.push_back(line);
    start = end + 1;
  }
  if (errors.size() > kErrors) errors.resize(kErrors);
  if (lines.size() > kLines) lines.erase(lines.begin(), lines.end() - kLines);
  std::string joined;
  for (const std::string& line : errors.empty() ? lines : errors)
    joined += (joined.empty() ? " " : " | ") + line;
  return joined;
}

ErrorKind kind_of(const std::string& said) {
  const auto has = [&said](const char* text) { return said.find(text) != std::string::npos; };
  if (has("No space left on device") || has("ENOSPC") || has("enough free space"))
    return ErrorKind::no_space;
  if (has("Could not connect") || has("Unable to connect") || has("Could not resolve") ||
      has("Temporary failure resolving"))
    return ErrorKind::unreachable;
  return ErrorKind::system;
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

void BuildJob::follow(ChildProcess& process, const std::string& program, int fd,
                      const Filter& filter) {
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
  const ErrorKind kind = kind_of(said);
  throw Error(kind,
              "build the image " + image_ + ": " + program + " ended with " + ending(status) +
                  ", having said:" + gist(said),
              kind == ErrorKind::no_space ? ENOSPC : 0, "the full log is in " + log_);
}

}  // namespace cloche::image
