// Writing to the standard streams while a run goes on.
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace cloche::cli {

// A thread of its own writes, so that a slow reader delays neither the run nor its limits. Text
// that waits is kept; a run's limits of output bound it.
class BackgroundWriter {
 public:
  BackgroundWriter() = default;
  // Waits for the thread. Text that waits is dropped if finish() was not called.
  ~BackgroundWriter();
  BackgroundWriter(const BackgroundWriter&) = delete;
  BackgroundWriter& operator=(const BackgroundWriter&) = delete;

  // Throws the error of an earlier write.
  void put(int fd, std::string_view text);
  // Writes all of the text that waits. Throws as put().
  void finish();

 private:
  void work();
  void stop(bool drop);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::pair<int, std::string>> waiting_;
  bool ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  // from the first text on
};

}  // namespace cloche::cli
