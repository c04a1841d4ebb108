// Long work, shown on standard error: a bar on a terminal, a line for each stage elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cloche::cli {

class ProgressBar {
 public:
  // title: what is worked on, "python".
  explicit ProgressBar(std::string title);
  // Leaves no bar behind.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Fits cloche::image::Progress.
  void update(const std::string& what, std::uint64_t done, std::uint64_t of);
  // Wipes the bar away, so that something else can be written.
  void clear();
  // Seconds since it began.
  double seconds() const;

 private:
  void draw(const std::string& what, unsigned percent, bool known);

  std::string title_;
  std::string shown_;  // the stage of the last plain line
  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point began_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace cloche::cli
