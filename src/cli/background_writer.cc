#include "cli/background_writer.h"

#include <unistd.h>

#include "util/file.h"

namespace cloche::cli {

BackgroundWriter::~BackgroundWriter() {
  stop(true);
}

void BackgroundWriter::put(int fd, std::string_view text) {
  if (text.empty()) return;
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  if (!waiting_.empty() && waiting_.back().first == fd)
    waiting_.back().second += text;
  else
    waiting_.emplace_back(fd, text);
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  changed_.notify_one();
}

void BackgroundWriter::finish() {
  stop(false);
  if (failure_) std::rethrow_exception(failure_);
}

void BackgroundWriter::stop(bool drop) {
  {
    const std::lock_guard lock(mutex_);
    if (drop) waiting_.clear();
    ended_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void BackgroundWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto texts = std::exchange(waiting_, {});
    lock.unlock();
    try {
      for (const auto& [fd, text] : texts)
        write_all(fd, text, fd == STDERR_FILENO ? "standard error" : "standard output");
    } catch (...) {
      lock.lock();
      failure_ = std::current_exception();
      waiting_.clear();
      return;
    }
    lock.lock();
  }
}

}  // namespace cloche::cli
