// One build under way: what its programs say goes to a log, and it can be cancelled.
#pragma once

#include <functional>
#include <string>

#include "cloche/error.h"
#include "image/process.h"
#include "util/fd.h"

namespace cloche::image {

// Thrown where a build was asked to stop.
class Cancelled : public Error {
 public:
  explicit Cancelled(const std::string& image)
      : Error(ErrorKind::system, "build the image " + image + ": it was interrupted") {}
};

class BuildJob {
 public:
  // image: its name. log: the path of a file, which is made anew. cancel: a descriptor that becomes
  // readable when the build is to stop, or -1.
  BuildJob(std::string image, std::string log, int cancel);

  const std::string& image() const { return image_; }
  // Throws Cancelled if the build is to stop.
  void check() const;

  // Maps output of a program, as it came, to the part that belongs into the log.
  using Filter = std::function<std::string(const std::string& bytes)>;
  // Keeps what `process` writes through `fd`, waits for its end, and throws Error unless that was a
  // good one: with the last lines it said. `program` names it there.
  void follow(ChildProcess& process, const std::string& program, int fd, const Filter& filter = {});

 private:
  [[noreturn]] void fail(const std::string& program, int status, const std::string& said) const;

  std::string image_;
  std::string log_;
  UniqueFd fd_;
  int cancel_;
};

}  // namespace cloche::image
