// A run, as the scheduler handles it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "service/auth/allowance.h"
#include "service/http/asio.h"
#include "service/worker/job.h"

namespace cloche::service {

struct RunEvent {
  enum class Kind {
    queued,   // position: how many runs go before
    started,  // a worker has it
    phase,    // text: the name of the phase that begins
    output,   // stream: 1 or 2; text: bytes
    token,    // text: JSON
    // The last event of a run is one of these.
    outcome,    // outcome
    failure,    // failure: the run could not be made
    expired,    // waited too long in the queue
    crashed,    // its worker died
    withdrawn,  // cancelled before it started
  };
  Kind kind;
  std::string text;
  int stream = 0;
  std::size_t position = 0;
  std::optional<JobOutcome> outcome;
  JobFailure failure;

  bool last() const { return kind >= Kind::outcome; }
};

class Scheduler;
class WorkerProcess;

// One submitted run. The scheduler keeps it until its last event was delivered.
class Run {
 public:
  // Called for each event, on the server's thread; never from within the functions below.
  using Sink = std::function<void(RunEvent)>;

  std::uint64_t id() const { return id_; }
  const std::string& caller() const { return caller_; }
  // The caller's place among its live runs; null once the run has ended.
  const std::shared_ptr<Allowances::Hold>& hold() const { return hold_; }

  // Ends the run early. Its last event follows soon.
  void cancel();

  // For interactive jobs; ignored after the end of the run. Input before the start is kept for the
  // run; too much of it cancels the run.
  void input(std::string_view bytes);
  void end_input();
  // Also ignored before the start of the run.
  void signal(int number);

 private:
  friend class Scheduler;
  enum class State { queued, running, ended };

  void give_early_input();

  std::uint64_t id_ = 0;
  std::string caller_;
  Job job_;
  std::string early_input_;
  bool input_ended_early_ = false;
  std::shared_ptr<Allowances::Hold> hold_;
  Sink sink_;
  State state_ = State::queued;
  std::uint64_t memory_bytes_ = 0;
  std::chrono::milliseconds patience_{0};  // after this time the worker of a running run is killed
  std::chrono::steady_clock::time_point submitted_;
  Scheduler* scheduler_ = nullptr;
  std::shared_ptr<WorkerProcess> worker_;
  std::unique_ptr<asio::steady_timer> watch_;
};

}  // namespace cloche::service
