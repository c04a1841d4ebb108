#include "service/schedule/run.h"

#include "service/schedule/scheduler.h"

namespace cloche::service {

void Run::cancel() {
  if (state_ != State::ended) scheduler_->cancel(*this);
}

void Run::input(std::string_view bytes) {
  if (state_ == State::running) worker_->send(FrameKind::input, bytes);
}

void Run::end_input() {
  if (state_ == State::running) worker_->send(FrameKind::input_end, {});
}

void Run::signal(int number) {
  if (state_ == State::running)
    worker_->send(FrameKind::signal, std::string(1, static_cast<char>(number)));
}

}  // namespace cloche::service
