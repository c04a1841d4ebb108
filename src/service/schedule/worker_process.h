// A worker, seen from the server: its process and the frames to and from it.
#pragma once

#include <sys/types.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "service/http/asio.h"
#include "service/worker/frame.h"

namespace cloche::service {

class WorkerProcess : public std::enable_shared_from_this<WorkerProcess> {
 public:
  struct Handlers {
    std::function<void(Frame)> on_frame;
    // The process has ended and was waited for. `how`: the end, in words.
    std::function<void(const std::string& how)> on_end;
  };

  // Starts the program. Throws Error.
  static std::shared_ptr<WorkerProcess> start(asio::io_context& context, Handlers handlers);
  ~WorkerProcess();

  pid_t pid() const { return pid_; }
  void send(FrameKind kind, std::string_view payload);
  // Ends the worker at once, together with its run.
  void kill();
  // Lets the worker end by itself: it may finish its run, and gets no new one.
  void dismiss();

 private:
  explicit WorkerProcess(asio::io_context& context);
  Awaitable<void> read();
  Awaitable<void> write();
  Awaitable<void> wait();
  // Calls on_end once the process has ended and everything is read.
  void end_if_over();

  asio::local::stream_protocol::socket socket_;
  asio::posix::stream_descriptor process_;  // a pidfd
  pid_t pid_ = -1;
  Handlers handlers_;
  std::deque<std::string> outgoing_;
  bool writing_ = false;
  bool all_read_ = false;
  std::string how_;  // how it ended; empty before its end
};

}  // namespace cloche::service
