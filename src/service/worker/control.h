// The server's messages during a run. A thread of its own reads them, because the run uses the main
// thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "service/worker/frame.h"
#include "service/worker/job.h"
#include "util/fd.h"

namespace cloche::service {

// The descriptors of one run: the ends that the control thread holds, and the ends that the run
// reads.
class LiveRun {
 public:
  explicit LiveRun(bool interactive);

  // For the run.
  int cancel_fd() const { return cancel_.get(); }
  int stdin_fd() const { return stdin_read_.get(); }
  int signal_fd() const { return signal_read_.get(); }

  // For the control thread.
  void cancel();
  void signal(char number);
  void input(std::string_view bytes);
  void end_input() { input_ended_ = true; }
  // The descriptor that must become writable for write_input(); -1 if nothing waits to be written.
  int wants_to_write() const;
  void write_input();

 private:
  UniqueFd cancel_;
  UniqueFd stdin_read_, stdin_write_;
  UniqueFd signal_read_, signal_write_;
  std::string pending_;  // input that the pipe had no room for
  bool input_ended_ = false;
};

class Control {
 public:
  // Begins to read frames from `server`.
  explicit Control(int server);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  struct Next {
    Job job;
    std::shared_ptr<LiveRun> live;
  };
  // Waits for the next job. Nothing once the server is gone.
  std::optional<Next> next();

 private:
  void read();
  bool take(Frame frame);
  void begin(std::string_view payload);

  const int server_;
  UniqueFd stop_;
  FrameReader frames_;
  std::shared_ptr<LiveRun> live_;  // used by the control thread: the run that frames refer to
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Next> next_;
  bool gone_ = false;
  std::thread thread_;
};

}  // namespace cloche::service
