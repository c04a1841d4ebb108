// Measures the phases of a run.
#pragma once

#include <chrono>

#include "cloche/runner.h"

namespace cloche::runner {

class Stopwatch {
 public:
  explicit Stopwatch(Report& report) : report_(report) {}
  // Ends a phase. It began where the phase before it ended.
  void lap(const char* phase) {
    const auto now = std::chrono::steady_clock::now();
    report_.phases.emplace_back(phase, now - start_);
    start_ = now;
  }

 private:
  Report& report_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace cloche::runner
