#include "service/schedule/scheduler.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "cloche/error.h"

namespace cloche::service {

namespace {

// The time in which a cancelled run's worker must report the end.
constexpr std::chrono::seconds kCancelPatience{10};
// The pause before the next attempt to start a worker.
constexpr std::chrono::seconds kRestartPause{1};

std::uint32_t cores_of(const RunsConfig& config) {
  if (config.cores > 0) return config.cores;
  cpu_set_t cpus;
  if (::sched_getaffinity(0, sizeof cpus, &cpus) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(1, CPU_COUNT(&cpus)));
}

std::uint64_t memory_of(const RunsConfig& config) {
  if (config.memory_bytes > 0) return config.memory_bytes;
  const long pages = ::sysconf(_SC_PHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) / 4 * 3;
}

RunEvent event_of(RunEvent::Kind kind, std::string text = {}) {
  RunEvent event;
  event.kind = kind;
  event.text = std::move(text);
  return event;
}

}  // namespace

Scheduler::Scheduler(asio::io_context& context, const RunsConfig& config, Log& log,
                     Metrics& metrics)
    : context_(context),
      config_(config),
      log_(log),
      metrics_(metrics),
      queue_(config.queue),
      memory_total_(memory_of(config)),
      expiry_(context),
      ended_(context, asio::steady_timer::time_point::max()),
      restart_(context) {
  for (std::uint32_t i = 0; i < cores_of(config_); ++i) start_worker();
}

Scheduler::~Scheduler() {
  for (const WorkerHandle& worker : workers_) worker->process->kill();
}

void Scheduler::start_worker() {
  const auto worker = std::make_shared<Worker>();
  std::weak_ptr<Worker> weak = worker;
  WorkerProcess::Handlers handlers;
  handlers.on_frame = [this, weak](Frame frame) {
    if (const auto alive = weak.lock()) take_frame(alive, std::move(frame));
  };
  handlers.on_end = [this, weak](const std::string& how) {
    if (const auto alive = weak.lock()) worker_ended(alive, how);
  };
  worker->process = WorkerProcess::start(context_, std::move(handlers));
  workers_.push_back(worker);
}

void Scheduler::start_worker_later() {
  restart_.expires_after(kRestartPause);
  restart_.async_wait([this](boost::system::error_code error) {
    if (error || draining_) return;
    try {
      while (workers_.size() < cores_of(config_)) start_worker();
    } catch (const Error& failed) {
      log_.error("no worker", {{"error", failed.what()}});
      start_worker_later();
    }
  });
}

void Scheduler::take_frame(const WorkerHandle& worker, Frame frame) {
  if (frame.kind == FrameKind::ready) {
    worker->ready = true;
    return start_queued();
  }
  const std::shared_ptr<Run> run = worker->run;
  if (!run) return;
  switch (frame.kind) {
    case FrameKind::phase:
      return give(run, event_of(RunEvent::Kind::phase, std::move(frame.payload)));
    case FrameKind::token:
      return give(run, event_of(RunEvent::Kind::token, std::move(frame.payload)));
    case FrameKind::output: {
      if (frame.payload.empty()) return;
      RunEvent event = event_of(RunEvent::Kind::output, frame.payload.substr(1));
      event.stream = frame.payload.front();
      return give(run, std::move(event));
    }
    case FrameKind::outcome: {
      RunEvent event = event_of(RunEvent::Kind::outcome);
      event.outcome = decode_outcome(frame.payload);
      worker->run.reset();
      return end(run, std::move(event));
    }
    case FrameKind::failure: {
      RunEvent event = event_of(RunEvent::Kind::failure);
      event.failure = decode_failure(frame.payload);
      worker->run.reset();
      return end(run, std::move(event));
    }
    default:
      throw Error(ErrorKind::bad_data, "understand a worker");
  }
}

void Scheduler::worker_ended(const WorkerHandle& worker, const std::string& how) {
  std::erase(workers_, worker);
  if (draining_ && !worker->run) return;
  log_.error("worker died", {{"pid", worker->process->pid()},
                             {"how", how},
                             {"run", worker->run ? worker->run->id() : 0}});
  metrics_.count_worker_death();
  // A worker that never became ready would fail again at once, so wait.
  if (worker->ready) {
    try {
      start_worker();
    } catch (const Error& failed) {
      log_.error("no worker", {{"error", failed.what()}});
      start_worker_later();
    }
  } else {
    start_worker_later();
  }
  if (const auto run = std::exchange(worker->run, nullptr))
    end(run, event_of(RunEvent::Kind::crashed, how));
}

std::shared_ptr<Run> Scheduler::submit(Submission submission, Admission& admission) {
  admission = draining_ ? Admission::draining : Admission::accepted;
  if (draining_) return nullptr;
  const auto run = std::make_shared<Run>();
  run->id_ = ++next_id_;
  run->caller_ = std::move(submission.caller);
  run->job_ = std::move(submission.job);
  run->hold_ = std::move(submission.hold);
  run->sink_ = std::move(submission.sink);
  run->memory_bytes_ = submission.memory_bytes;
  run->patience_ = submission.patience;
  run->submitted_ = std::chrono::steady_clock::now();
  run->scheduler_ = this;

  const WorkerHandle idle = queue_.size() == 0 ? idle_worker() : nullptr;
  if (idle && memory_reserved_ + run->memory_bytes_ <= memory_total_) {
    begin(idle, run);
    return run;
  }
  if (!queue_.push(
          {run->id_, run->caller_, run->submitted_ + config_.queue_time, run->memory_bytes_})) {
    admission = Admission::full;
    return nullptr;
  }
  waiting_.emplace(run->id_, run);
  start_queued();
  if (run->state_ == Run::State::queued) {
    set_expiry();
    RunEvent event = event_of(RunEvent::Kind::queued);
    event.position = queue_.position(run->id_).value_or(0);
    give(run, std::move(event));
  }
  return run;
}

Scheduler::WorkerHandle Scheduler::idle_worker() const {
  const auto found = std::find_if(workers_.begin(), workers_.end(), [](const WorkerHandle& each) {
    return each->ready && !each->run;
  });
  return found == workers_.end() ? nullptr : *found;
}

void Scheduler::start_queued() {
  while (const WorkerHandle worker = idle_worker()) {
    const auto entry = queue_.pop(memory_total_ - memory_reserved_);
    if (!entry) return;
    const auto run = waiting_.extract(entry->id);
    begin(worker, run.mapped());
  }
}

void Scheduler::begin(const WorkerHandle& worker, const std::shared_ptr<Run>& run) {
  run->state_ = Run::State::running;
  run->worker_ = worker->process;
  worker->run = run;
  memory_reserved_ += run->memory_bytes_;
  running_.emplace(run->id_, run);
  metrics_.add_phase("queue", std::chrono::steady_clock::now() - run->submitted_);
  worker->process->send(FrameKind::job, encode(run->job_));
  run->job_ = {};
  run->give_early_input();
  watch(*run, run->patience_, &Scheduler::cancel_running);
  give(run, event_of(RunEvent::Kind::started));
}

void Scheduler::watch(Run& run, std::chrono::milliseconds patience, void (Scheduler::*then)(Run&)) {
  run.watch_ = std::make_unique<asio::steady_timer>(context_, patience);
  run.watch_->async_wait([this, then, id = run.id_](boost::system::error_code error) {
    const auto found = running_.find(id);
    if (!error && found != running_.end()) (this->*then)(*found->second);
  });
}

void Scheduler::cancel(Run& run) {
  if (run.state_ == Run::State::running) return cancel_running(run);
  queue_.remove(run.id_);
  const auto waiting = waiting_.extract(run.id_);
  if (!waiting.empty()) end(waiting.mapped(), event_of(RunEvent::Kind::withdrawn));
}

void Scheduler::cancel_running(Run& run) {
  run.worker_->send(FrameKind::cancel, {});
  watch(run, kCancelPatience, &Scheduler::kill);
}

void Scheduler::kill(Run& run) {
  log_.error("worker does not answer", {{"pid", run.worker_->pid()}, {"run", run.id_}});
  run.worker_->kill();
}

void Scheduler::give(const std::shared_ptr<Run>& run, RunEvent event) {
  // Posted, so that it never runs inside a function that the run's holder calls.
  asio::post(context_, [run, event = std::move(event)]() mutable {
    if (!run->sink_) return;
    const bool last = event.last();
    run->sink_(std::move(event));
    if (last) run->sink_ = nullptr;
  });
}

void Scheduler::end(const std::shared_ptr<Run>& run, RunEvent event) {
  if (run->state_ == Run::State::running) memory_reserved_ -= run->memory_bytes_;
  run->state_ = Run::State::ended;
  run->watch_.reset();
  run->worker_.reset();
  run->hold_.reset();
  running_.erase(run->id_);
  if (event.outcome) {
    metrics_.count_run(event.outcome->language, event.outcome->verdict);
    for (const auto& [phase, time] : event.outcome->phases) metrics_.add_phase(phase, time);
  }
  give(run, std::move(event));
  ended_.cancel();
  start_queued();
}

void Scheduler::expire() {
  for (const Queue::Id id : queue_.expire(std::chrono::steady_clock::now())) {
    const auto waiting = waiting_.extract(id);
    if (waiting.empty()) continue;
    metrics_.count_refusal("queue_time");
    end(waiting.mapped(), event_of(RunEvent::Kind::expired));
  }
  set_expiry();
}

void Scheduler::set_expiry() {
  const auto next = queue_.next_deadline();
  if (!next) return;
  expiry_.expires_at(*next);
  expiry_.async_wait([this](boost::system::error_code error) {
    if (!error) expire();
  });
}

Awaitable<void> Scheduler::drain(std::chrono::milliseconds limit) {
  draining_ = true;
  asio::steady_timer over(context_, limit);
  over.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const auto runs = {waiting_, running_};
    for (const auto& each : runs)
      for (const auto& [id, run] : each) run->cancel();
  });
  while (!waiting_.empty() || !running_.empty()) co_await ended_.async_wait(with_error);
  over.cancel();
  for (const WorkerHandle& worker : workers_) worker->process->dismiss();
}

}  // namespace cloche::service
