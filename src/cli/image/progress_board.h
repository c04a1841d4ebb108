// Shows several long works at once on standard error: one line for each on a terminal, a line for
// each stage elsewhere, or JSON for programs (docs/images.md). Safe to use from several threads.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace cloche::cli {

class ProgressBoard {
 public:
  enum class Form { automatic, plain, json, none };
  // "auto", "plain", "json", "none". Throws Error usage.
  static Form parse(const std::string& text);

  explicit ProgressBoard(Form form);
  // Leaves no lines behind.
  ~ProgressBoard();
  ProgressBoard(const ProgressBoard&) = delete;
  ProgressBoard& operator=(const ProgressBoard&) = delete;

  // Begins a work or updates it. Counts are in permille.
  void update(const std::string& title, const std::string& what, std::uint64_t done,
              std::uint64_t of);
  // Ends a work. `line` is for people: on standard output, or on standard error if the work failed.
  void finish(const std::string& title, const std::string& line, bool failed);

 private:
  using Clock = std::chrono::steady_clock;
  struct Work {
    std::string title;
    std::string what;
    unsigned percent = 0;
    Clock::time_point began;
    Clock::time_point told;
    bool told_end = false;
  };

  Work& work_of(const std::string& title);
  void write_json(const Work& work, std::uint64_t done, std::uint64_t of) const;
  void draw();
  void wipe();

  std::mutex mutex_;
  Form form_;
  std::vector<Work> works_;
  std::size_t drawn_ = 0;  // lines
  Clock::time_point last_;
};

}  // namespace cloche::cli
