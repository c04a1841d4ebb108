// The signals that ask this program to stop.
#pragma once

#include "util/fd.h"

namespace cloche::cli {

// While this object exists, SIGINT, SIGTERM and SIGHUP make fd() readable instead of ending the
// process, so that a sandbox can be ended in order.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  int fd() const { return fd_.get(); }
  // The signal that came, or 0.
  int received();

 private:
  UniqueFd fd_;
  int received_ = 0;
};

}  // namespace cloche::cli
