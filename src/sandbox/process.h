// A program that its caller holds and serves.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

#include "cloche/sandbox.h"
#include "sandbox/running_program.h"

namespace cloche {

class Process::Impl {
 public:
  explicit Impl(Command command) : command_(std::move(command)) {}

  const Command& command() const { return command_; }
  void hold(std::unique_ptr<RunningProgram> program) { program_ = std::move(program); }

  int fd() const { return program_->fd(); }
  // The functions of RunningProgram. One thread at a time has its turn.
  bool turn(int timeout);
  bool turn_until(std::chrono::steady_clock::time_point deadline);
  Result wait();
  void put(std::string_view path, std::string_view content, unsigned mode);
  void answer(std::string_view bytes);
  // Any thread may call it, at any time.
  void request(unsigned char what);

 private:
  class Turn;

  const Command command_;
  std::mutex turns_;
  std::atomic<std::thread::id> turning_{};  // the thread that has its turn
  std::unique_ptr<RunningProgram> program_;
};

}  // namespace cloche
