#include "sandbox/supervise.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "cloche/error.h"
#include "sandbox/launch/failure.h"
#include "sandbox/launch/wire.h"
#include "util/file.h"

namespace cloche {

namespace {

// The time after the wall limit in which init must report the end. After it, init is killed.
constexpr std::chrono::milliseconds kWallTimeSlack{500};

// The time after the launcher has ended a run in which init must report that end. On a busy host
// the kernel needs seconds to kill and reap a large tree.
constexpr std::chrono::seconds kKillSlack{30};

// The shortest time between two looks at the CPU time of a control group.
constexpr std::chrono::milliseconds kCpuInterval{1};

[[noreturn]] void unexpected_reply() {
  throw Error(ErrorKind::internal, "talk to the sandbox: an unexpected reply");
}

// False once `deadline` has passed without anything to read.
bool await_readable(int fd, WaitSet::Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - WaitSet::Clock::now()).count();
    if (left <= 0) return false;
    pollfd source{fd, POLLIN, 0};
    const int ready = ::poll(&source, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

HoldBrokenPipe::HoldBrokenPipe() {
  sigemptyset(&signal_);
  sigaddset(&signal_, SIGPIPE);
  sigset_t pending;
  sigpending(&pending);
  was_pending_ = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &signal_, &before_);
}

HoldBrokenPipe::~HoldBrokenPipe() {
  const timespec no_time{};
  if (!was_pending_) sigtimedwait(&signal_, nullptr, &no_time);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Supervisor::Supervisor(const Supervised& what, const Command& command, const Limits& limits,
                       bool controlled)
    : what_(what),
      limits_(limits),
      streams_(command, limits, set_),
      cancel_(copy_of(command.cancel_fd)),
      signals_(copy_of(command.signal_fd)) {
  if (controlled) {
    Pipe control = make_pipe();
    control_ = std::move(control.read);
    requests_ = std::move(control.write);
    set_nonblocking(control_.get());
    set_nonblocking(requests_.get());
  }
  // Everything that can fail for lack of descriptors or memory comes before the start.
  watch();
}

void Supervisor::start(std::string_view exec) {
  std::vector<int> fds = streams_.inner_ends();
  if (what_.group != nullptr) fds.push_back(what_.group->fd());
  const auto begin = Clock::now();
  send_message(what_.socket, protocol::Type::exec, exec, fds);
  streams_.begin(begin);
  if (what_.group != nullptr && limits_.cpu_time.count() > 0) next_cpu_look_ = begin;
  if (limits_.wall_time.count() > 0) deadline_ = begin + limits_.wall_time + kWallTimeSlack;
  set_.wake_at(std::min(deadline_, next_cpu_look_));
}

bool Supervisor::turn(int timeout) {
  if (!over_) {
    serve(set_.wait(timeout));
    // Also while a program writes without pause, which keeps every turn busy.
    if (!over_ && Clock::now() >= deadline_) lose_init();
    if (!over_) watch();
  }
  if (over_ && !finished_) finish();
  return over_;
}

void Supervisor::watch() {
  streams_.watch();
  set_.watch(kSlotSocket, what_.socket);
  set_.watch(kSlotCancel, killed_ ? -1 : cancel_.get());
  set_.watch(kSlotSignal, killed_ ? -1 : signals_.get());
  set_.watch(kSlotControl, killed_ ? -1 : control_.get());
  set_.wake_at(std::min(deadline_, next_cpu_look_));
}

void Supervisor::serve(std::uint32_t ready) {
  if (Clock::now() >= next_cpu_look_) look_at_cpu();
  streams_.serve(ready);
  if (streams_.overfull() != 0 && !killed_) {
    outcome_.output_killed = streams_.overfull();
    kill();
  }
  if (is_ready(ready, kSlotCancel)) cancel();
  if (is_ready(ready, kSlotSignal)) pass_signals(signals_, false);
  if (is_ready(ready, kSlotControl)) pass_signals(control_, true);
  // A function of the caller's may have put a file, and the end was heard before the reply to that.
  if (!is_ready(ready, kSlotSocket) || over_) return;
  std::string body;
  const protocol::Type type = receive_reply(what_.socket, body);
  hear(type, body);
}

// Reads the run's CPU time from its control group. The next look comes when all CPUs together could
// have used up the rest.
void Supervisor::look_at_cpu() {
  static const long cpus = std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN));
  const auto used = what_.group->cpu_time();
  const auto last = limits_.cpu_time + limits_.cpu_grace;
  if (used >= last) {
    outcome_.cpu_killed = true;
    next_cpu_look_ = Clock::time_point::max();
    return kill();
  }
  if (used >= limits_.cpu_time && !warned_) {
    warned_ = true;
    send_message(what_.socket, protocol::Type::warn);
  }
  const auto left = (warned_ ? last : limits_.cpu_time) - used;
  next_cpu_look_ = Clock::now() + std::max(left / cpus, Clock::duration(kCpuInterval));
}

void Supervisor::request(unsigned char what) {
  if (what == kCancel) cancel_requested_ = true;
  ssize_t count;
  do {
    count = ::write(requests_.get(), &what, 1);
  } while (count < 0 && errno == EINTR);
  // A full pipe wakes up the one who serves the run, too.
  if (count < 0 && what != kCancel)
    throw Error::from_errno("pass a signal to a program", errno,
                            errno == EAGAIN ? "65536 of them wait; call advance()" : "");
}

void Supervisor::serve_requests() {
  if (over_ || killed_) return;
  pass_signals(control_, true);
  watch();
}

void Supervisor::pass_signals(UniqueFd& from, bool own) {
  if (own && cancel_requested_) return cancel();
  unsigned char numbers[64];
  const ssize_t count = ::read(from.get(), numbers, sizeof numbers);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    set_.empty(own ? kSlotControl : kSlotSignal);
    return from.reset();
  }
  for (ssize_t i = 0; i < count; ++i) {
    const protocol::Signal signal{numbers[i]};
    if (signal.number == 0 || signal.number > protocol::kLastSignal) continue;
    send_message(what_.socket, protocol::Type::signal,
                 {reinterpret_cast<const char*>(&signal), sizeof signal});
  }
}

void Supervisor::answer(std::string_view bytes) {
  if (over_) return;
  streams_.answer(bytes);
  streams_.watch();
}

void Supervisor::put(std::string_view message, int content) {
  send_message(what_.socket, protocol::Type::put, message, std::span(&content, 1));
  for (;;) {
    std::string body;
    const protocol::Type type = receive_reply(what_.socket, body);
    if (type == protocol::Type::done) return;
    hear(type, body);
  }
}

void Supervisor::hear(protocol::Type type, std::string_view body) {
  if (type == protocol::Type::ended && body.size() == sizeof outcome_.ended) {
    std::memcpy(&outcome_.ended, body.data(), sizeof outcome_.ended);
  } else if (type == protocol::Type::not_started && body.size() == sizeof(protocol::Failed)) {
    std::memcpy(&not_started_.emplace(), body.data(), sizeof(protocol::Failed));
  } else {
    unexpected_reply();
  }
  end();
}

// The run is over: its descriptor stays readable from now on.
void Supervisor::end() {
  over_ = true;
  set_.wake_at({});
}

void Supervisor::finish() {
  finished_ = true;
  if (not_started_) throw_failure(*not_started_);
  streams_.finish();
  if (streams_.overfull() != 0 && !killed_) outcome_.output_killed = streams_.overfull();
  close();
}

void Supervisor::cancel() {
  outcome_.cancelled = true;
  kill();
}

void Supervisor::kill() {
  if (killed_) return;
  killed_ = true;
  send_message(what_.socket, protocol::Type::kill);
  deadline_ = std::min(deadline_, Clock::now() + kKillSlack);
}

// The deadline has passed and init is silent: kill init, and with it the whole namespace.
void Supervisor::lose_init() {
  ::syscall(SYS_pidfd_send_signal, what_.pidfd, SIGKILL, nullptr, 0);
  outcome_.init_lost = true;
  outcome_.ended.cause = protocol::Cause::wall_time;
  outcome_.ended.wait_status = SIGKILL;
  end();
}

bool Supervisor::abandon() noexcept {
  const auto deadline = Clock::now() + kKillSlack;
  close();
  try {
    if (!over_) send_message(what_.socket, protocol::Type::kill);
    while (!over_ && await_readable(what_.socket, deadline)) {
      std::string body;
      const protocol::Type type = receive_reply(what_.socket, body);
      over_ = type == protocol::Type::ended || type == protocol::Type::not_started;
    }
  } catch (const std::exception&) {
    // init is gone, or the socket is broken.
  }
  if (over_) return true;
  ::syscall(SYS_pidfd_send_signal, what_.pidfd, SIGKILL, nullptr, 0);
  over_ = true;
  return false;
}

void Supervisor::close() noexcept {
  try {
    for (const Slot slot : {kSlotSocket, kSlotCancel, kSlotSignal, kSlotControl}) set_.empty(slot);
    streams_.close();
    set_.wake_at({});
  } catch (const Error&) {
    // Only a set that is broken refuses that.
  }
}

Supervision Supervisor::take() {
  outcome_.out = std::move(streams_.out);
  outcome_.err = std::move(streams_.err);
  outcome_.first_output = streams_.first_output;
  outcome_.last_output = streams_.last_output;
  return std::move(outcome_);
}

}  // namespace cloche
