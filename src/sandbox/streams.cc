#include "sandbox/streams.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "util/file.h"

namespace cloche {

namespace {

// Bytes for a program to read, and not to change.
UniqueFd read_only_file(std::string_view content) {
  const UniqueFd file = memory_file(content);
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  UniqueFd reader(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader) throw Error::from_errno("open " + path, errno);
  return reader;
}

bool try_again() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

void set_nonblocking(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

UniqueFd copy_of(int fd) {
  if (fd < 0) return UniqueFd();
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw Error::from_errno("copy the descriptor " + std::to_string(fd), errno);
  return copy;
}

Streams::Streams(const Command& command, const Limits& limits, WaitSet& set)
    : command_(command), limits_(limits), set_(set) {
  const auto outwards = [](UniqueFd& ours, UniqueFd& inner) {
    Pipe pipe = make_pipe();
    ours = std::move(pipe.read);
    inner = std::move(pipe.write);
    set_nonblocking(ours.get());
  };
  const auto inwards = [](UniqueFd& ours, UniqueFd& inner) {
    Pipe pipe = make_pipe();
    ours = std::move(pipe.write);
    inner = std::move(pipe.read);
    set_nonblocking(ours.get());
  };
  outwards(out_, inner_out_);
  if (!command.join_output) outwards(err_, inner_err_);
  if (command.stdin_fd >= 0) {
    inwards(stdin_, inner_in_);
    source_ = copy_of(command.stdin_fd);
    pending_input_ = command.stdin_data;
  } else if (!command.stdin_data.empty()) {
    inner_in_ = read_only_file(command.stdin_data);
  } else {
    inner_in_.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!inner_in_) throw Error::from_errno("open /dev/null", errno);
  }
  if (command.channel) {
    inwards(answers_, inner_answers_);
    outwards(events_, inner_events_);
    pending_answers_ = command.channel->greeting;
    write_answers();
  }
}

std::vector<int> Streams::inner_ends() const {
  std::vector<int> ends{inner_in_.get(), inner_out_.get(),
                        inner_err_ ? inner_err_.get() : inner_out_.get()};
  if (inner_answers_) ends.insert(ends.end(), {inner_answers_.get(), inner_events_.get()});
  return ends;
}

void Streams::begin(WaitSet::Clock::time_point begin) {
  begin_ = begin;
  for (UniqueFd* end : {&inner_in_, &inner_out_, &inner_err_, &inner_answers_, &inner_events_})
    end->reset();
}

void Streams::watch() {
  set_.watch(kSlotOut, out_.get());
  set_.watch(kSlotErr, err_.get());
  // Events wait until the answers to earlier ones are gone.
  set_.watch(kSlotEvents, answering() ? -1 : events_.get());
  set_.watch(kSlotAnswers, answering() ? answers_.get() : -1, true);
  const bool feeding = !pending_input_.empty();
  set_.watch(kSlotStdin, feeding ? stdin_.get() : -1, true);
  set_.watch(kSlotSource, feeding || !stdin_ ? -1 : source_.get());
}

void Streams::serve(std::uint32_t ready) {
  if (is_ready(ready, kSlotAnswers)) write_answers();
  if (is_ready(ready, kSlotEvents)) {
    drain();
    hear_events();
  }
  if (is_ready(ready, kSlotOut)) take(kSlotOut, out_, 1);
  if (is_ready(ready, kSlotErr)) take(kSlotErr, err_, 2);
  if (is_ready(ready, kSlotStdin)) feed();
  if (is_ready(ready, kSlotSource)) ask();
}

// The events that are in the pipe when the run is over are read. Nobody is left to answer to.
void Streams::finish() {
  drain();
  close_answers();
  int waiting = 0;
  if (!events_ || ::ioctl(events_.get(), FIONREAD, &waiting) != 0) return;
  while (events_ && waiting > 0) {
    const int count = hear_events();
    if (count == 0) return;
    waiting -= count;
  }
}

void Streams::close() {
  drop(kSlotOut, out_);
  drop(kSlotErr, err_);
  drop(kSlotEvents, events_);
  drop(kSlotStdin, stdin_);
  drop(kSlotSource, source_);
  close_answers();
}

void Streams::drop(Slot slot, UniqueFd& fd) {
  set_.empty(slot);
  fd.reset();
}

// Reads once from a stream of the program.
void Streams::take(Slot slot, UniqueFd& from, int number) {
  if (!from) return;
  char buffer[65536];
  const ssize_t count = ::read(from.get(), buffer, sizeof buffer);
  if (count < 0 && try_again()) return;
  if (count < 0) throw Error::from_errno("read the program's output", errno);
  if (count == 0) return drop(slot, from);
  keep(number, std::string_view(buffer, static_cast<std::size_t>(count)));
}

void Streams::keep(int number, std::string_view bytes) {
  last_output = WaitSet::Clock::now() - begin_;
  if (!first_output) first_output = last_output;
  Stream& stream = number == 1 ? out : err;
  const std::uint64_t bound = number == 1 ? limits_.stdout_bytes : limits_.stderr_bytes;
  const std::uint64_t room = bound > stream.total ? bound - stream.total : 0;
  stream.total += bytes.size();
  if (bytes.size() > room) {
    stream.truncated = true;
    bytes = bytes.substr(0, static_cast<std::size_t>(room));
    if (limits_.output_action == OutputAction::kill && overfull_ == 0) overfull_ = number;
  }
  if (bytes.empty()) return;
  if (command_.capture) stream.bytes.append(bytes);
  if (command_.on_output) command_.on_output(number, bytes);
}

// Reads the bytes that are in the pipes now. It does not read until they are empty: a program that
// writes without pause would keep the launcher here.
void Streams::drain() {
  drain(kSlotOut, out_, 1);
  drain(kSlotErr, err_, 2);
}

void Streams::drain(Slot slot, UniqueFd& from, int number) {
  int waiting = 0;
  if (!from || ::ioctl(from.get(), FIONREAD, &waiting) != 0) return;
  const Stream& stream = number == 1 ? out : err;
  const std::uint64_t until = stream.total + static_cast<std::uint64_t>(waiting);
  while (from && stream.total < until) {
    const std::uint64_t before = stream.total;
    take(slot, from, number);
    if (stream.total == before) return;
  }
}

// Reads once from the channel, and returns how many bytes came. The streams come first, so the
// caller drains them before each call.
int Streams::hear_events() {
  if (!events_) return 0;
  char buffer[65536];
  const ssize_t count = ::read(events_.get(), buffer, sizeof buffer);
  if (count < 0 && try_again()) return 0;
  if (count <= 0) {
    drop(kSlotEvents, events_);
    close_answers();
    return 0;
  }
  const auto answer =
      command_.channel->on_data(std::string_view(buffer, static_cast<std::size_t>(count)));
  if (!answer) {
    close_answers();
  } else {
    this->answer(*answer);
  }
  return static_cast<int>(count);
}

void Streams::answer(std::string_view bytes) {
  if (!answers_) return;
  pending_answers_ += bytes;
  write_answers();
}

void Streams::write_answers() {
  if (!answering()) return;
  const ssize_t count = ::write(answers_.get(), pending_answers_.data(), pending_answers_.size());
  if (count < 0 && try_again()) return;
  if (count < 0) return close_answers();
  pending_answers_.erase(0, static_cast<std::size_t>(count));
}

void Streams::close_answers() {
  drop(kSlotAnswers, answers_);
  pending_answers_.clear();
}

void Streams::feed() {
  if (!stdin_) return;
  const ssize_t count = ::write(stdin_.get(), pending_input_.data(), pending_input_.size());
  if (count < 0 && try_again()) return;
  if (count < 0) return drop(kSlotStdin, stdin_);
  pending_input_.erase(0, static_cast<std::size_t>(count));
}

void Streams::ask() {
  char buffer[65536];
  const ssize_t count = ::read(source_.get(), buffer, sizeof buffer);
  if (count < 0 && try_again()) return;
  if (count <= 0) return drop(kSlotStdin, stdin_);
  pending_input_.assign(buffer, static_cast<std::size_t>(count));
}

}  // namespace cloche
