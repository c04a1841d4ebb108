// One build. The output of its programs goes to a log, and it can be cancelled.
#pragma once

#include <functional>
#include <string>

#include "cloche/error.h"
#include "image/process.h"
#include "util/fd.h"

namespace cloche::image {

// Thrown when a build was asked to stop.
class Cancelled : public Error {
 public:
  explicit Cancelled(const std::string& image)
      : Error(ErrorKind::system, "build the image " + image + ": it was interrupted") {}
};

class BuildJob {
 public:
  // image: its name. log: the path of a file, which is made anew. cancel: a descriptor that becomes
  // readable when the build must stop, or -1.
  BuildJob(std::string image, std::string log, int cancel);

  const std::string& image() const { return image_; }
  // Throws Cancelled if the build must stop.
  void check() const;

  // Maps output of a program, as it arrives, to the part that goes to the log.
  using Filter = std::function<std::string(const std::string& bytes)>;
  // Logs the output that `process` writes through `fd`, and waits for its end. Throws Error unless
  // the process succeeded; the message names `program` and has its last lines.
  void follow(ChildProcess& process, const std::string& program, int fd, const Filter& filter = {});

 private:
  [[noreturn]] void fail(const std::string& program, int status, const std::string& said) const;

  std::string image_;
  std::string log_;
  UniqueFd fd_;
  int cancel_;
};

}  // namespace cloche::image
