// Ending on demand: the signals that ask this program to stop.
#pragma once

#include "util/fd.h"

namespace cloche::cli {

// While it lives, SIGINT, SIGTERM and SIGHUP do not end this process but make fd() readable, so
// that what is under way can be ended in order.
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
