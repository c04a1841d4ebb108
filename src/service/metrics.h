// Figures for Prometheus (its text format, version 0.0.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cloche::service {

// Counts in buckets: how often a duration was at most so many seconds.
class Histogram {
 public:
  explicit Histogram(std::vector<double> bounds);
  void add(double value);

 private:
  friend class Metrics;
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;  // one more than bounds
  double sum_ = 0;
};

// All figures of a service. Labels come from sets that are bounded (languages of our profiles,
// verdicts, routes), never from what a caller made up.
class Metrics {
 public:
  Metrics();

  void count_request(std::string_view route, int status);
  void count_run(std::string_view language, std::string_view verdict);
  void add_phase(std::string_view phase, std::chrono::nanoseconds time);  // "queue", "compile", …
  void add_duration(std::string_view route, std::chrono::nanoseconds time);
  void count_refusal(std::string_view reason);  // "queue_full", "queue_time", "rate", "concurrent"
  void count_worker_death();

  // What is so at the moment of asking.
  struct Now {
    std::uint64_t queued = 0, running = 0, workers = 0, connections = 0;
    std::uint64_t memory_reserved_bytes = 0;
    std::uint64_t images = 0, image_bytes = 0;
    bool draining = false;
  };
  std::string render(const Now& now) const;

 private:
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> runs_;
  std::map<std::string, std::uint64_t, std::less<>> refusals_;
  std::map<std::string, Histogram, std::less<>> phases_, durations_;
  std::uint64_t worker_deaths_ = 0;
};

}  // namespace cloche::service
