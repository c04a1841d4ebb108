// How much one caller may do: a token bucket for runs begun, and a count of those that live.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "service/config.h"

namespace cloche::service {

class Allowances {
 public:
  using Clock = std::chrono::steady_clock;

  // Held while a run of the caller lives (queued or running).
  class Hold;

  // What became of the wish to begin a run.
  struct Decision {
    std::shared_ptr<Hold> hold;           // null if refused
    std::chrono::seconds retry_after{0};  // if refused: when trying again may help, at least 1
    std::string reason;                   // if refused: which limit, for people
  };

  // `now` is passed so that what happens depends on nothing else.
  Decision begin(const std::string& caller, const CallerLimits& limits, Clock::time_point now);

  // Callers that are remembered. Bounded: those whose bucket is full and who hold nothing are
  // forgotten, the longest unseen first.
  std::size_t size() const;
};

}  // namespace cloche::service
