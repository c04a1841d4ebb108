// Shows long work on standard error: as a bar on a terminal, as a line for each stage elsewhere, or
// as JSON for programs (docs/images.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "cloche/image.h"

namespace cloche::cli {

enum class ProgressForm {
  automatic,  // bar on a terminal, else lines
  plain,
  json,
  none
};
// "auto", "plain", "json", "none". Throws Error usage.
ProgressForm parse_progress_form(const std::string& text);

// The unit of the counts.
enum class ProgressUnit { bytes, permille };

class ProgressBar {
 public:
  // title: the subject of the work, "python".
  explicit ProgressBar(std::string title, ProgressForm form = ProgressForm::automatic,
                       ProgressUnit unit = ProgressUnit::permille);
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
  using Clock = std::chrono::steady_clock;
  // Steps per second, and the seconds that the rest will take; negative: not known yet.
  double rate(std::uint64_t done) const;
  double left(std::uint64_t done, std::uint64_t of) const;
  void draw(const std::string& what, std::uint64_t done, std::uint64_t of);
  void write_json(const std::string& what, std::uint64_t done, std::uint64_t of) const;

  std::string title_;
  ProgressForm form_;
  ProgressUnit unit_;
  std::string shown_;  // the last stage
  bool told_end_ = false;
  bool drawn_ = false;
  Clock::time_point began_;
  Clock::time_point last_;
  // Steps with the same total are counted together.
  std::uint64_t of_ = 0;
  std::uint64_t first_ = 0;
  Clock::time_point since_;
};

// Does work that reports its progress to a bar. SIGINT, SIGTERM and SIGHUP end the work properly,
// so that it leaves nothing behind. Returns 128 + the signal then, else the result of `work`.
int with_progress(ProgressBar& bar, const std::function<int(const image::Progress&)>& work);

}  // namespace cloche::cli
