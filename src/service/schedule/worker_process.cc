#include "service/schedule/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>

#include "cloche/error.h"
#include "service/schedule/spawn.h"
#include "util/fd.h"
#include "util/paths.h"

namespace cloche::service {

namespace {

constexpr int kServer = 3;  // the descriptor of the worker's socket

std::string describe(int status) {
  if (WIFSIGNALED(status)) {
    const char* name = ::sigabbrev_np(WTERMSIG(status));
    return "killed by SIG" + (name == nullptr ? std::to_string(WTERMSIG(status)) : name);
  }
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerProcess::WorkerProcess(asio::io_context& context) : socket_(context), process_(context) {}

WorkerProcess::~WorkerProcess() = default;

std::shared_ptr<WorkerProcess> WorkerProcess::start(asio::io_context& context, Handlers handlers) {
  static const std::string program = helper_path("cloche-worker");
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw Error::from_errno("make a pair of sockets for a worker", errno);
  UniqueFd ours(ends[0]), theirs(ends[1]);
  std::shared_ptr<WorkerProcess> worker(new WorkerProcess(context));
  worker->pid_ = spawn({program}, theirs.get(), kServer);
  worker->handlers_ = std::move(handlers);
  const int process = static_cast<int>(::syscall(SYS_pidfd_open, worker->pid_, 0));
  if (process < 0) {
    const int failed = errno;
    ::kill(worker->pid_, SIGKILL);
    ::waitpid(worker->pid_, nullptr, 0);
    throw Error::from_errno("watch a worker", failed);
  }
  worker->process_.assign(process);
  worker->socket_.assign(asio::local::stream_protocol(), ours.release());
  asio::co_spawn(context, worker->read(), asio::detached);
  asio::co_spawn(context, worker->wait(), asio::detached);
  return worker;
}

void WorkerProcess::send(FrameKind kind, std::string_view payload) {
  outgoing_.push_back(encode_frame(kind, payload));
  if (writing_) return;
  writing_ = true;
  asio::co_spawn(socket_.get_executor(), write(), asio::detached);
}

void WorkerProcess::kill() {
  ::syscall(SYS_pidfd_send_signal, process_.native_handle(), SIGKILL, nullptr, 0);
}

void WorkerProcess::dismiss() {
  boost::system::error_code gone;
  socket_.shutdown(asio::socket_base::shutdown_send, gone);
}

Awaitable<void> WorkerProcess::read() {
  const auto self = shared_from_this();
  FrameReader frames;
  std::array<char, 65536> buffer;
  for (;;) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), with_error);
    if (error) break;
    frames.feed({buffer.data(), size});
    try {
      while (auto frame = frames.next()) handlers_.on_frame(std::move(*frame));
    } catch (const Error&) {
      // A worker that breaks the protocol cannot be used any more.
      kill();
      break;
    }
  }
  all_read_ = true;
  end_if_over();
}

Awaitable<void> WorkerProcess::write() {
  const auto self = shared_from_this();
  while (!outgoing_.empty()) {
    const std::string frame = std::move(outgoing_.front());
    outgoing_.pop_front();
    const auto [error, size] = co_await asio::async_write(socket_, asio::buffer(frame), with_error);
    if (error) outgoing_.clear();  // read() notices the end of the worker
  }
  writing_ = false;
}

Awaitable<void> WorkerProcess::wait() {
  const auto self = shared_from_this();
  co_await process_.async_wait(asio::posix::stream_descriptor::wait_read, with_error);
  int status = 0;
  how_ = ::waitpid(pid_, &status, WNOHANG) == pid_ ? describe(status) : "lost";
  // Read what the worker wrote before its end. Its socket ends with it, unless another process has
  // a copy of the socket: do not wait longer than the patience.
  asio::steady_timer patience(socket_.get_executor(), std::chrono::seconds(1));
  end_if_over();
  co_await patience.async_wait(with_error);
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void WorkerProcess::end_if_over() {
  if (how_.empty() || !all_read_ || !handlers_.on_end) return;
  std::exchange(handlers_.on_end, nullptr)(how_);
}

}  // namespace cloche::service
