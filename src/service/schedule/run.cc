#include "service/schedule/run.h"

#include "service/schedule/scheduler.h"

namespace cloche::service {

namespace {

constexpr std::size_t kMostEarlyInput = 4u << 20;

}  // namespace

void Run::cancel() {
  if (state_ != State::ended) scheduler_->cancel(*this);
}

void Run::input(std::string_view bytes) {
  if (state_ == State::running) worker_->send(FrameKind::input, bytes);
  if (state_ != State::queued || input_ended_early_) return;
  early_input_ += bytes;
  if (early_input_.size() > kMostEarlyInput) cancel();
}

void Run::end_input() {
  if (state_ == State::running) worker_->send(FrameKind::input_end, {});
  if (state_ == State::queued) input_ended_early_ = true;
}

void Run::give_early_input() {
  if (!early_input_.empty()) worker_->send(FrameKind::input, early_input_);
  if (input_ended_early_) worker_->send(FrameKind::input_end, {});
  early_input_ = {};
}

void Run::signal(int number) {
  if (state_ == State::running)
    worker_->send(FrameKind::signal, std::string(1, static_cast<char>(number)));
}

}  // namespace cloche::service
