// Ends a run early, from inside the runner or from outside.
#pragma once

#include "util/fd.h"

namespace cloche::runner {

// A descriptor that becomes readable when trigger() is called or when the caller's descriptor does.
class CancelSource {
 public:
  // callers_fd: -1 for none.
  explicit CancelSource(int callers_fd);

  int fd() const { return both_ ? both_.get() : own_.get(); }
  void trigger();

 private:
  UniqueFd own_;
  UniqueFd both_;  // an epoll descriptor over both, which is readable when one of them is
};

}  // namespace cloche::runner
