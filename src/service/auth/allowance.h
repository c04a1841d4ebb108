// The limits of each caller: a token bucket for the runs that it begins, and a count of its live
// runs.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "service/config.h"

namespace cloche::service {

// Several threads may use it.
class Allowances {
 public:
  using Clock = std::chrono::steady_clock;

  // The number of callers to remember. Callers with live runs are remembered beyond it.
  static constexpr std::size_t kMostCallers = 10'000;

  // Held while a run of the caller lives (queued or running). May outlive the Allowances.
  class Hold;

  // Whether a run may begin.
  struct Decision {
    std::shared_ptr<Hold> hold;           // null if refused
    std::chrono::seconds retry_after{0};  // if refused: when trying again may help, at least 1
    std::string reason;                   // if refused: which limit, for people
    bool too_fast = false;                // if refused: by the rate, not by the live runs
  };

  Allowances();
  ~Allowances();

  // A refusal costs the caller nothing. `limits` may differ from the last call, after a reload.
  // The decision depends on the arguments and earlier calls only, so `now` is an argument.
  Decision begin(const std::string& caller, const CallerLimits& limits, Clock::time_point now);

  // The number of remembered callers. A caller with a full bucket and no live run is forgotten, the
  // least recently seen first. Beyond kMostCallers, the bucket need not be full.
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cloche::service
