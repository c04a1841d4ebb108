// Decides which run starts next, and on which worker.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "service/config.h"
#include "service/http/asio.h"
#include "service/log.h"
#include "service/metrics.h"
#include "service/schedule/queue.h"
#include "service/schedule/run.h"
#include "service/schedule/worker_process.h"

namespace cloche::service {

class Scheduler {
 public:
  // Starts the workers. Throws Error.
  Scheduler(asio::io_context& context, const RunsConfig& config, Log& log, Metrics& metrics);
  ~Scheduler();

  struct Submission {
    Job job;
    std::string caller;
    std::shared_ptr<Allowances::Hold> hold;
    std::uint64_t memory_bytes = 0;         // the most memory that it may use
    std::chrono::milliseconds patience{0};  // the longest time that it can take
    Run::Sink sink;
  };
  enum class Admission { accepted, full, draining };
  // Null if the run is refused.
  std::shared_ptr<Run> submit(Submission submission, Admission& admission);

  std::size_t queued() const { return queue_.size(); }
  std::size_t running() const { return running_.size(); }
  std::size_t workers() const { return workers_.size(); }
  std::uint64_t memory_reserved() const { return memory_reserved_; }
  std::uint64_t memory_total() const { return memory_total_; }

  // Accepts nothing new. Completes when the last run has ended; the runs that still live after
  // `limit` are cancelled.
  Awaitable<void> drain(std::chrono::milliseconds limit);

 private:
  friend class Run;
  struct Worker {
    std::shared_ptr<WorkerProcess> process;
    bool ready = false;
    std::shared_ptr<Run> run;  // the run that it carries out
  };
  using WorkerHandle = std::shared_ptr<Worker>;

  void start_worker();
  void start_worker_later();
  void take_frame(const WorkerHandle& worker, Frame frame);
  void worker_ended(const WorkerHandle& worker, const std::string& how);
  // Starts waiting runs on idle workers, as far as memory allows.
  void start_queued();
  WorkerHandle idle_worker() const;
  void begin(const WorkerHandle& worker, const std::shared_ptr<Run>& run);
  void cancel(Run& run);
  void cancel_running(Run& run);
  void watch(Run& run, std::chrono::milliseconds patience, void (Scheduler::*then)(Run&));
  void kill(Run& run);
  void give(const std::shared_ptr<Run>& run, RunEvent event);
  void end(const std::shared_ptr<Run>& run, RunEvent event);
  void expire();
  void set_expiry();

  asio::io_context& context_;
  const RunsConfig config_;
  Log& log_;
  Metrics& metrics_;
  Queue queue_;
  std::uint64_t next_id_ = 0;
  std::uint64_t memory_total_ = 0, memory_reserved_ = 0;
  std::vector<WorkerHandle> workers_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Run>> waiting_, running_;
  asio::steady_timer expiry_;
  asio::steady_timer ended_;    // cancelled whenever a run has ended
  asio::steady_timer restart_;  // of workers that could not be started
  bool draining_ = false;
};

}  // namespace cloche::service
