#include "sandbox/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "cloche/error.h"
#include "sandbox/launch/wire.h"
#include "util/file.h"

namespace cloche {

namespace {

using Clock = std::chrono::steady_clock;

// The time after the wall limit in which init must report the end. After it, init is killed.
constexpr std::chrono::milliseconds kWallTimeSlack{500};

// The time after the launcher has ended a run in which init must report that end. On a busy host
// the kernel needs seconds to kill and reap a large tree.
constexpr std::chrono::seconds kKillSlack{30};

// The shortest time between two looks at the CPU time of a control group.
constexpr std::chrono::milliseconds kCpuInterval{1};

// Writing to a program that has closed its standard input raises SIGPIPE. The embedding program
// must not see it: the signal is blocked during an execution, and a pending one is removed.
class HoldBrokenPipe {
 public:
  HoldBrokenPipe() {
    sigemptyset(&signal_);
    sigaddset(&signal_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &signal_, &before_);
  }
  ~HoldBrokenPipe() {
    const timespec no_time{};
    if (!was_pending_) sigtimedwait(&signal_, nullptr, &no_time);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  HoldBrokenPipe(const HoldBrokenPipe&) = delete;
  HoldBrokenPipe& operator=(const HoldBrokenPipe&) = delete;

 private:
  sigset_t signal_, before_;
  bool was_pending_;
};

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Bytes for a program to read, and not to change.
UniqueFd read_only_file(std::string_view content) {
  const UniqueFd file = memory_file(content);
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) throw Error::from_errno("open " + path, errno);
  return reader;
}

class Supervisor {
 public:
  Supervisor(const Supervised& what, const Command& command, const Limits& limits)
      : socket_(what.socket),
        pidfd_(what.pidfd),
        group_(what.group),
        command_(command),
        limits_(limits),
        signal_fd_(command.signal_fd) {}

  Supervision run(std::string_view request) {
    start(request);
    if (group_ != nullptr && limits_.cpu_time.count() > 0) next_cpu_look_ = begin_;
    if (limits_.wall_time.count() > 0)
      deadline_ = Clock::now() + limits_.wall_time + kWallTimeSlack;
    while (!over_) {
      step();
      // Also while a program writes without pause, which keeps every step busy.
      if (!over_ && Clock::now() >= deadline_) lose_init();
    }
    drain();
    hear_rest();
    return std::move(outcome_);
  }

 private:
  void start(std::string_view request) {
    Pipe out = make_pipe(), err;
    if (!command_.join_output) err = make_pipe();
    UniqueFd input, inner_answers, inner_events;
    if (command_.stdin_fd >= 0) {
      Pipe in = make_pipe();
      input = std::move(in.read);
      stdin_ = std::move(in.write);
      set_nonblocking(stdin_.get());
      pending_input_ = command_.stdin_data;
    } else if (!command_.stdin_data.empty()) {
      input = read_only_file(command_.stdin_data);
    } else {
      input.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!input) throw Error::from_errno("open /dev/null", errno);
    }
    if (command_.channel) {
      Pipe answers = make_pipe(), events = make_pipe();
      inner_answers = std::move(answers.read);
      inner_events = std::move(events.write);
      answers_ = std::move(answers.write);
      events_ = std::move(events.read);
      set_nonblocking(answers_.get());
      set_nonblocking(events_.get());
      pending_answers_ = command_.channel->greeting;
      write_answers();
    }
    std::vector<int> fds{input.get(), out.write.get(),
                         err.write ? err.write.get() : out.write.get()};
    if (inner_answers) fds.insert(fds.end(), {inner_answers.get(), inner_events.get()});
    if (group_ != nullptr) fds.push_back(group_->fd());
    begin_ = Clock::now();
    send_message(socket_, protocol::Type::exec, request, fds);
    out_ = std::move(out.read);
    err_ = std::move(err.read);
    set_nonblocking(out_.get());
    if (err_) set_nonblocking(err_.get());
  }

  void step() {
    enum { kSocket, kOut, kErr, kEvents, kAnswers, kStdin, kSource, kCancel, kSignal, kCount };
    pollfd sources[kCount];
    const bool feeding = static_cast<bool>(stdin_) && !pending_input_.empty();
    const bool asking = static_cast<bool>(stdin_) && pending_input_.empty();
    sources[kSocket] = {socket_, POLLIN, 0};
    sources[kOut] = {out_.get(), POLLIN, 0};
    sources[kErr] = {err_.get(), POLLIN, 0};
    // Events wait until the answers to earlier ones are gone.
    const bool answering = static_cast<bool>(answers_) && !pending_answers_.empty();
    sources[kEvents] = {answering ? -1 : events_.get(), POLLIN, 0};
    sources[kAnswers] = {answering ? answers_.get() : -1, POLLOUT, 0};
    sources[kStdin] = {feeding ? stdin_.get() : -1, POLLOUT, 0};
    sources[kSource] = {asking ? command_.stdin_fd : -1, POLLIN, 0};
    sources[kCancel] = {killed_ ? -1 : command_.cancel_fd, POLLIN, 0};
    sources[kSignal] = {killed_ ? -1 : signal_fd_, POLLIN, 0};

    timespec left{};
    const timespec* wait = nullptr;
    const auto until = std::min(deadline_, next_cpu_look_);
    if (until != Clock::time_point::max()) {
      const auto time = std::max(Clock::duration::zero(), until - Clock::now());
      left.tv_sec = std::chrono::duration_cast<std::chrono::seconds>(time).count();
      left.tv_nsec = (time % std::chrono::seconds(1)).count();
      wait = &left;
    }
    const int ready = ::ppoll(sources, kCount, wait, nullptr);
    if (ready < 0 && errno != EINTR) throw Error::from_errno("wait for the sandbox", errno);
    if (Clock::now() >= next_cpu_look_) look_at_cpu();
    if (ready <= 0) return;
    if (sources[kAnswers].revents != 0) write_answers();
    if (sources[kEvents].revents != 0) {
      drain();
      hear_events();
    }
    if (sources[kOut].revents != 0) take(out_, 1);
    if (sources[kErr].revents != 0) take(err_, 2);
    if (sources[kStdin].revents != 0) feed();
    if (sources[kSource].revents != 0) ask();
    if (sources[kCancel].revents != 0) {
      outcome_.cancelled = true;
      kill();
    }
    if (sources[kSignal].revents != 0) pass_signals();
    if (sources[kSocket].revents != 0) hear_init();
  }

  // Reads the run's CPU time from its control group. The next look comes when all CPUs together
  // could have used up the rest.
  void look_at_cpu() {
    static const long cpus = std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN));
    const auto used = group_->cpu_time();
    const auto last = limits_.cpu_time + limits_.cpu_grace;
    if (used >= last) {
      outcome_.cpu_killed = true;
      next_cpu_look_ = Clock::time_point::max();
      return kill();
    }
    if (used >= limits_.cpu_time && !warned_) {
      warned_ = true;
      send_message(socket_, protocol::Type::warn);
    }
    const auto left = (warned_ ? last : limits_.cpu_time) - used;
    next_cpu_look_ = Clock::now() + std::max(left / cpus, Clock::duration(kCpuInterval));
  }

  // Reads once from a stream of the program.
  void take(UniqueFd& from, int number) {
    char buffer[65536];
    const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) throw Error::from_errno("read the program's output", errno);
    if (count == 0) return from.reset();
    keep(number, std::string_view(buffer, static_cast<std::size_t>(count)));
  }

  void keep(int number, std::string_view bytes) {
    outcome_.last_output = Clock::now() - begin_;
    if (!outcome_.first_output) outcome_.first_output = outcome_.last_output;
    Stream& stream = number == 1 ? outcome_.out : outcome_.err;
    const std::uint64_t bound = number == 1 ? limits_.stdout_bytes : limits_.stderr_bytes;
    const std::uint64_t room = bound > stream.total ? bound - stream.total : 0;
    stream.total += bytes.size();
    if (bytes.size() > room) {
      stream.truncated = true;
      bytes = bytes.substr(0, static_cast<std::size_t>(room));
      if (limits_.output_action == OutputAction::kill && !killed_) {
        outcome_.output_killed = number;
        kill();
      }
    }
    if (bytes.empty()) return;
    if (command_.capture) stream.bytes.append(bytes);
    if (command_.on_output) command_.on_output(number, bytes);
  }

  // Reads the bytes that are in the pipes now. It does not read until they are empty: a program
  // that writes without pause would keep the launcher here.
  void drain() {
    drain(out_, 1);
    drain(err_, 2);
  }
  void drain(UniqueFd& from, int number) {
    int waiting = 0;
    if (!from || ::ioctl(from.get(), FIONREAD, &waiting) != 0) return;
    const Stream& stream = number == 1 ? outcome_.out : outcome_.err;
    const std::uint64_t until = stream.total + static_cast<std::uint64_t>(waiting);
    while (from && stream.total < until) {
      const std::uint64_t before = stream.total;
      take(from, number);
      if (stream.total == before) return;
    }
  }

  // Reads once from the channel, and returns how many bytes came. The streams come first, so the
  // caller drains them before each call.
  int hear_events() {
    char buffer[65536];
    const ssize_t count = ::read(events_.get(), buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (count <= 0) {
      events_.reset();
      close_answers();
      return 0;
    }
    const auto answer =
        command_.channel->on_data(std::string_view(buffer, static_cast<std::size_t>(count)));
    if (!answer) {
      close_answers();
    } else if (answers_) {
      pending_answers_ += *answer;
      write_answers();
    }
    return static_cast<int>(count);
  }

  // Reads the events that are in the pipe when the run is over. Nobody is left to answer to.
  void hear_rest() {
    close_answers();
    int waiting = 0;
    if (!events_ || ::ioctl(events_.get(), FIONREAD, &waiting) != 0) return;
    while (events_ && waiting > 0) {
      const int count = hear_events();
      if (count == 0) return;
      waiting -= count;
    }
  }

  void write_answers() {
    if (pending_answers_.empty()) return;
    const ssize_t count = ::write(answers_.get(), pending_answers_.data(), pending_answers_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return close_answers();
    pending_answers_.erase(0, static_cast<std::size_t>(count));
  }

  void close_answers() {
    answers_.reset();
    pending_answers_.clear();
  }

  void feed() {
    const ssize_t count = ::write(stdin_.get(), pending_input_.data(), pending_input_.size());
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count < 0) return stdin_.reset();
    pending_input_.erase(0, static_cast<std::size_t>(count));
  }

  void ask() {
    char buffer[65536];
    const ssize_t count = ::read(command_.stdin_fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) return stdin_.reset();
    pending_input_.assign(buffer, static_cast<std::size_t>(count));
  }

  void pass_signals() {
    unsigned char numbers[64];
    const ssize_t count = ::read(signal_fd_, numbers, sizeof numbers);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count <= 0) signal_fd_ = -1;
    for (ssize_t i = 0; i < count; ++i) {
      const protocol::Signal signal{numbers[i]};
      if (signal.number == 0 || signal.number > protocol::kLastSignal) continue;
      send_message(socket_, protocol::Type::signal,
                   {reinterpret_cast<const char*>(&signal), sizeof signal});
    }
  }

  void hear_init() {
    std::string body;
    const protocol::Type type = receive_reply(socket_, body);
    if (type != protocol::Type::ended || body.size() != sizeof outcome_.ended)
      throw Error(ErrorKind::internal, "talk to the sandbox: an unexpected reply");
    std::memcpy(&outcome_.ended, body.data(), sizeof outcome_.ended);
    over_ = true;
  }

  void kill() {
    if (killed_) return;
    killed_ = true;
    send_message(socket_, protocol::Type::kill);
    deadline_ = std::min(deadline_, Clock::now() + kKillSlack);
  }

  // The deadline has passed and init is silent: kill init, and with it the whole namespace.
  void lose_init() {
    ::syscall(SYS_pidfd_send_signal, pidfd_, SIGKILL, nullptr, 0);
    outcome_.init_lost = true;
    outcome_.ended.cause = protocol::Cause::wall_time;
    outcome_.ended.wait_status = SIGKILL;
    over_ = true;
  }

  const int socket_, pidfd_;
  const cgroup::RunGroup* const group_;
  const Command& command_;
  const Limits& limits_;
  int signal_fd_;
  Supervision outcome_;
  UniqueFd out_, err_, stdin_, events_, answers_;
  std::string pending_input_, pending_answers_;
  Clock::time_point begin_;
  Clock::time_point deadline_ = Clock::time_point::max(), next_cpu_look_ = Clock::time_point::max();
  bool killed_ = false, over_ = false, warned_ = false;
};

}  // namespace

Supervision supervise(const Supervised& what, const Command& command, const Limits& limits,
                      std::string_view request) {
  const HoldBrokenPipe hold;
  return Supervisor(what, command, limits).run(request);
}

}  // namespace cloche
