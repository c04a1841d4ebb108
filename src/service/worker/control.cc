#include "service/worker/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "util/file.h"

namespace cloche::service {

namespace {

// Pending input is kept up to this size; more cancels the run.
constexpr std::size_t kMaxPendingInput = 4u << 20;

void open_pipe(UniqueFd& read, UniqueFd& write) {
  Pipe pipe = make_pipe();
  ::fcntl(pipe.write.get(), F_SETFL, O_NONBLOCK);
  read = std::move(pipe.read);
  write = std::move(pipe.write);
}

void trigger(int fd) {
  const std::uint64_t one = 1;
  if (::write(fd, &one, sizeof one) != sizeof one)
    throw Error::from_errno("write to an eventfd", errno);
}

}  // namespace

LiveRun::LiveRun(bool interactive) : cancel_(::eventfd(0, EFD_CLOEXEC)) {
  if (!cancel_) throw Error::from_errno("make an eventfd", errno);
  if (!interactive) return;
  open_pipe(stdin_read_, stdin_write_);
  open_pipe(signal_read_, signal_write_);
}

void LiveRun::cancel() {
  trigger(cancel_.get());
}

void LiveRun::signal(char number) {
  // A full pipe holds 65536 signals that the run has not read. Further ones can be dropped.
  if (signal_write_ && ::write(signal_write_.get(), &number, 1) != 1 && errno != EAGAIN)
    signal_write_.reset();
}

void LiveRun::input(std::string_view bytes) {
  if (!stdin_write_ || input_ended_) return;
  pending_ += bytes;
  if (pending_.size() > kMaxPendingInput) cancel();
}

int LiveRun::wants_to_write() const {
  return stdin_write_ && (!pending_.empty() || input_ended_) ? stdin_write_.get() : -1;
}

void LiveRun::write_input() {
  while (!pending_.empty()) {
    const ssize_t count = ::write(stdin_write_.get(), pending_.data(), pending_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count < 0) {  // the run does not read its input any more
      pending_.clear();
      input_ended_ = true;
      break;
    }
    pending_.erase(0, static_cast<std::size_t>(count));
  }
  if (input_ended_) stdin_write_.reset();
}

Control::Control(int server)
    : server_(server), stop_(::eventfd(0, EFD_CLOEXEC)), thread_([this] { read(); }) {}

Control::~Control() {
  trigger(stop_.get());
  thread_.join();
}

std::optional<Control::Next> Control::next() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return next_ || gone_; });
  if (gone_) return std::nullopt;
  return std::exchange(next_, std::nullopt);
}

void Control::read() {
  bool going = true;
  while (going) {
    pollfd sources[3] = {{server_, POLLIN, 0},
                         {stop_.get(), POLLIN, 0},
                         {live_ ? live_->wants_to_write() : -1, POLLOUT, 0}};
    if (::poll(sources, 3, -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (sources[1].revents != 0) break;
    if (sources[2].revents != 0) live_->write_input();
    if (sources[0].revents == 0) continue;
    char buffer[65536];
    const ssize_t count = ::read(server_, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    frames_.feed({buffer, static_cast<std::size_t>(count)});
    try {
      while (auto frame = frames_.next()) going = take(std::move(*frame)) && going;
    } catch (const Error&) {
      going = false;
    }
  }
  // The server is gone, so nobody waits for the run.
  if (live_) live_->cancel();
  const std::lock_guard lock(mutex_);
  gone_ = true;
  arrived_.notify_one();
}

bool Control::take(Frame frame) {
  if (frame.kind == FrameKind::job) {
    begin(frame.payload);
    return true;
  }
  if (!live_) return true;
  switch (frame.kind) {
    case FrameKind::cancel:
      live_->cancel();
      return true;
    case FrameKind::input:
      live_->input(frame.payload);
      return true;
    case FrameKind::input_end:
      live_->end_input();
      return true;
    case FrameKind::signal:
      if (frame.payload.size() == 1) live_->signal(frame.payload.front());
      return true;
    default:
      return false;
  }
}

void Control::begin(std::string_view payload) {
  Next next{decode_job(payload), nullptr};
  // Each run has its own descriptors, so that late messages about the previous run do not reach
  // this one.
  live_ = next.live = std::make_shared<LiveRun>(next.job.interactive);
  const std::lock_guard lock(mutex_);
  next_ = std::move(next);
  arrived_.notify_one();
}

}  // namespace cloche::service
