// From what happened to what is reported.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sandbox/supervise.h"

namespace cloche {

namespace {

std::string seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", std::chrono::duration<double>(time).count());
  return text;
}

std::string signal_text(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : std::string("SIG") + name;
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::runtime_error:
      return "runtime_error";
    case Status::signaled:
      return "signaled";
    case Status::time_limit:
      return "time_limit";
    case Status::memory_limit:
      return "memory_limit";
    case Status::output_limit:
      return "output_limit";
    case Status::cancelled:
      return "cancelled";
    case Status::not_started:
      return "not_started";
  }
  return "unknown";
}

Result judge(Outcome outcome, const Limits& limits, bool oom_killed) {
  const protocol::Ended& ended = outcome.ended;
  Result result;
  result.out = std::move(outcome.out);
  result.err = std::move(outcome.err);
  result.wall_time = std::chrono::nanoseconds(ended.wall_ns);
  result.user_time = std::chrono::nanoseconds(ended.user_ns);
  result.system_time = std::chrono::nanoseconds(ended.system_ns);
  result.peak_memory_bytes = ended.peak_bytes;
  if (WIFEXITED(ended.wait_status)) result.exit_code = WEXITSTATUS(ended.wait_status);
  if (WIFSIGNALED(ended.wait_status)) result.signal = WTERMSIG(ended.wait_status);

  const auto is = [&result](Status status, std::string reason) {
    result.status = status;
    result.reason = std::move(reason);
  };
  using protocol::Cause;
  if (ended.cause == Cause::not_started) {
    result.exit_code.reset();
    result.exec_errno = ended.exec_errno;
    is(Status::not_started,
       std::string("could not be executed: ") + std::strerror(ended.exec_errno));
  } else if (outcome.cancelled) {
    is(Status::cancelled, "ended on demand");
  } else if (outcome.output_killed) {
    is(Status::output_limit, "wrote more than the output limit");
  } else if (ended.cause == Cause::memory || oom_killed) {
    is(Status::memory_limit,
       "used more memory than its limit of " + bytes_text(limits.memory_bytes));
  } else if (ended.cause == Cause::wall_time) {
    is(Status::time_limit, "took longer than its wall time limit of " + seconds(limits.wall_time));
  } else if (ended.cause == Cause::cpu_time) {
    is(Status::time_limit, "used more CPU time than its limit of " + seconds(limits.cpu_time));
  } else if (result.signal == SIGXCPU && limits.cpu_time.count() > 0 &&
             result.user_time + result.system_time >= limits.cpu_time) {
    is(Status::time_limit, "used more CPU time than its limit of " + seconds(limits.cpu_time));
  } else if (result.signal) {
    is(Status::signaled, "ended by " + signal_text(*result.signal));
  } else if (result.exit_code.value_or(0) != 0) {
    is(Status::runtime_error, "ended with exit code " + std::to_string(*result.exit_code));
  } else {
    is(Status::ok, "ended with exit code 0");
  }
  return result;
}

}  // namespace cloche
