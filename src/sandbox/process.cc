#include "sandbox/process.h"

#include <algorithm>

#include "cloche/error.h"

namespace cloche {

using namespace std::chrono_literals;

// A function of the Command must not begin another turn within its own.
class Process::Impl::Turn {
 public:
  explicit Turn(Impl& process) : process_(process) {
    if (process.turning_ == std::this_thread::get_id())
      throw Error(ErrorKind::usage, "wait for a program: a function of its own Command called it");
    process.turns_.lock();
    process.turning_ = std::this_thread::get_id();
  }
  ~Turn() {
    process_.turning_ = std::thread::id();
    process_.turns_.unlock();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const HoldBrokenPipe hold_;
  Impl& process_;
};

bool Process::Impl::turn(int timeout) {
  const Turn turn(*this);
  return program_->turn(timeout);
}

bool Process::Impl::turn_until(std::chrono::steady_clock::time_point deadline) {
  using std::chrono::milliseconds;
  const Turn turn(*this);
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    const auto left = deadline <= now       ? 0ms
                      : deadline - now < 1h ? std::chrono::ceil<milliseconds>(deadline - now)
                                            : milliseconds(1h);
    if (program_->turn(static_cast<int>(left.count()))) return true;
    if (left == 0ms) return false;
  }
}

Result Process::Impl::wait() {
  const Turn turn(*this);
  while (!program_->turn(-1)) {
  }
  return program_->take_result();
}

void Process::Impl::put(std::string_view path, std::string_view content, unsigned mode) {
  program_->session().put(path, content, mode);
}

void Process::Impl::answer(std::string_view bytes) {
  const HoldBrokenPipe hold;
  program_->answer(bytes);
}

void Process::Impl::request(unsigned char what) {
  program_->request(what);
  // A thread that has its turn sees the request in it.
  if (turning_ == std::this_thread::get_id() || !turns_.try_lock()) return;
  const std::lock_guard lock(turns_, std::adopt_lock);
  program_->serve_requests();
}

Process::Process(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Process::~Process() = default;
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;

int Process::fd() const {
  return impl_->fd();
}
bool Process::advance() {
  return impl_->turn(0);
}
bool Process::wait_until(std::chrono::steady_clock::time_point deadline) {
  return impl_->turn_until(deadline);
}
Result Process::wait() {
  return impl_->wait();
}
void Process::kill() {
  impl_->request(Supervisor::kCancel);
}
void Process::signal(int number) {
  if (number < 1 || number > protocol::kLastSignal)
    throw Error(ErrorKind::usage, "send the signal " + std::to_string(number) + " to a program", 0,
                "signals have the numbers 1 to 64");
  impl_->request(static_cast<unsigned char>(number));
}
void Process::answer(std::string_view bytes) {
  impl_->answer(bytes);
}
void Process::put(std::string_view path, std::string_view content, unsigned mode) {
  impl_->put(path, content, mode);
}

}  // namespace cloche
