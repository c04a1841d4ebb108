// How much one caller may do: a token bucket for runs begun, and a count of those that live.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "service/config.h"

namespace cloche::service {

// May be used by several threads.
class Allowances {
 public:
  using Clock = std::chrono::steady_clock;

  // So many callers are remembered, and beyond it about as many as hold something.
  static constexpr std::size_t kMostCallers = 10'000;

  // Held while a run of the caller lives (queued or running). May outlive the Allowances.
  class Hold;

  // What became of the wish to begin a run.
  struct Decision {
    std::shared_ptr<Hold> hold;           // null if refused
    std::chrono::seconds retry_after{0};  // if refused: when trying again may help, at least 1
    std::string reason;                   // if refused: which limit, for people
    bool too_fast = false;                // if refused: by the rate, not by what lives
  };

  Allowances();
  ~Allowances();

  // A refusal costs the caller nothing. `limits` may be others than last time, after a reload.
  // `now` is passed so that what happens depends on nothing else.
  Decision begin(const std::string& caller, const CallerLimits& limits, Clock::time_point now);

  // Callers that are remembered. Those whose bucket is full and who hold nothing are forgotten, the
  // longest unseen first; with kMostCallers of them, also those whose bucket is not.
  std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace cloche::service
