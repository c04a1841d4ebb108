// Figures for Prometheus (its text format, version 0.0.4).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cloche::service {

// A histogram: counts values in buckets, each with an upper bound. A part of Metrics.
class Histogram {
 public:
  explicit Histogram(const std::vector<double>& bounds)
      : bounds_(&bounds), counts_(bounds.size() + 1) {}
  void add(double value);

 private:
  friend class Metrics;
  const std::vector<double>* bounds_;  // ascending
  std::vector<std::uint64_t> counts_;  // one more than bounds
  double sum_ = 0;
};

// All figures of a service. Labels come from bounded sets (languages of the profiles, verdicts,
// routes), never from text of a caller. Several threads may use it.
class Metrics {
 public:
  // The Content-Type of the text that render() returns.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  void count_request(std::string_view route, int status);
  void count_run(std::string_view language, std::string_view verdict);
  void add_phase(std::string_view phase, std::chrono::nanoseconds time);  // "queue", "compile", …
  void add_duration(std::string_view route, std::chrono::nanoseconds time);
  void count_refusal(std::string_view reason);  // "queue_full", "queue_time", "rate", "concurrent"
  void count_worker_death();

  // Current values, at the time of the request.
  struct Now {
    std::uint64_t queued = 0, running = 0, workers = 0, connections = 0;
    std::uint64_t memory_reserved_bytes = 0;
    std::uint64_t images = 0, image_bytes = 0;
    bool draining = false;
  };
  std::string render(const Now& now) const;

 private:
  using Histograms = std::map<std::string, Histogram, std::less<>>;
  static void add(Histograms& histograms, std::string_view label, std::chrono::nanoseconds time);
  static void write(std::string& text, std::string_view name, std::string_view label,
                    const Histograms& histograms);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> runs_;
  std::map<std::string, std::uint64_t, std::less<>> refusals_;
  Histograms phases_, durations_;
  std::uint64_t worker_deaths_ = 0;
};

}  // namespace cloche::service
