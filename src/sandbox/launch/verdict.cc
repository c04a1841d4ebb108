// From what happened to what is reported.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sandbox/launch/supervise.h"
#include "sandbox/seccomp/seccomp.h"
#include "util/text.h"

namespace cloche {

namespace {

std::string seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", std::chrono::duration<double>(time).count());
  return text;
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
    case Status::syscall_denied:
      return "syscall_denied";
    case Status::cancelled:
      return "cancelled";
    case Status::not_started:
      return "not_started";
  }
  return "unknown";
}

namespace {

using protocol::Cause;

// What was used, from init's figures and, where there are any, the control group's, which count
// everything.
void account(Result& result, const Outcome& outcome) {
  const protocol::Ended& ended = outcome.ended;
  result.wall_time = std::chrono::nanoseconds(ended.wall_ns);
  result.user_time = std::chrono::nanoseconds(ended.user_ns);
  result.system_time = std::chrono::nanoseconds(ended.system_ns);
  result.peak_memory_bytes = ended.peak_bytes;
  result.peak_tasks = ended.peak_tasks;
  result.read_bytes = ended.read_blocks * 512;
  result.written_bytes = ended.written_blocks * 512;
  result.voluntary_switches = ended.voluntary_switches;
  result.involuntary_switches = ended.involuntary_switches;
  result.first_output = outcome.first_output;
  result.last_output = outcome.last_output;
  for (std::uint32_t i = 0; i < ended.denied_count; ++i)
    result.denied_syscalls[seccomp::describe_call(ended.denied[i].arch, ended.denied[i].number)] +=
        ended.denied[i].count;
  if (!outcome.usage) return;
  const cgroup::Usage& usage = *outcome.usage;
  result.user_time = usage.user;
  result.system_time = usage.system;
  result.throttled_time = usage.throttled;
  result.pressure = usage.pressure;
  if (usage.peak_memory_bytes) result.peak_memory_bytes = *usage.peak_memory_bytes;
  if (usage.peak_tasks) result.peak_tasks = *usage.peak_tasks;
  if (usage.read_bytes) result.read_bytes = *usage.read_bytes;
  if (usage.written_bytes) result.written_bytes = *usage.written_bytes;
}

void note(Result& result, const Outcome& outcome) {
  if (outcome.ended.tasks_full != 0 || (outcome.usage && outcome.usage->refused_tasks > 0))
    result.notes.emplace_back("process_limit");
  if (outcome.ended.disk_full != 0) result.notes.emplace_back("disk_limit");
  if (result.signal == SIGXFSZ) result.notes.emplace_back("file_size_limit");
}

// Whether the kernel ended the run, or something of it, for its memory.
bool out_of_memory(const Outcome& outcome, const Result& result) {
  if (!outcome.usage) return false;
  if (outcome.usage->oom_kills > 0) return true;
  // Refused memory that did not kill at once: whatever went wrong then went wrong for it.
  return outcome.usage->out_of_memory > 0 && (result.signal || result.exit_code.value_or(0) != 0);
}

// Whether the last bound on one process, RLIMIT_CPU, or the warning before it was what ended it.
bool out_of_cpu(const Outcome& outcome, const Result& result, const Limits& limits) {
  if (limits.cpu_time.count() == 0) return false;
  if (outcome.cpu_killed || outcome.ended.cause == Cause::cpu_time) return true;
  return result.user_time + result.system_time >= limits.cpu_time;
}

}  // namespace

Result judge(Outcome outcome, const Limits& limits) {
  const protocol::Ended& ended = outcome.ended;
  Result result;
  result.out = std::move(outcome.out);
  result.err = std::move(outcome.err);
  if (WIFEXITED(ended.wait_status)) result.exit_code = WEXITSTATUS(ended.wait_status);
  if (WIFSIGNALED(ended.wait_status)) result.signal = WTERMSIG(ended.wait_status);
  account(result, outcome);
  note(result, outcome);

  const auto is = [&result](Status status, std::string reason) {
    result.status = status;
    result.reason = std::move(reason);
  };
  if (ended.cause == Cause::not_started) {
    result.exit_code.reset();
    result.exec_errno = ended.exec_errno;
    is(Status::not_started,
       std::string("could not be executed: ") + std::strerror(ended.exec_errno));
  } else if (outcome.cancelled) {
    is(Status::cancelled, "ended on demand");
  } else if (outcome.output_killed) {
    is(Status::output_limit, "wrote more than the output limit");
  } else if (ended.cause == Cause::denied_call) {
    is(Status::syscall_denied,
       "made the system call " +
           seccomp::describe_call(ended.fatal_call.arch, ended.fatal_call.number) +
           ", which its profile does not allow");
  } else if (ended.cause == Cause::memory || out_of_memory(outcome, result)) {
    is(Status::memory_limit,
       "used more memory than its limit of " + bytes_text(limits.memory_bytes));
  } else if (ended.cause == Cause::wall_time) {
    is(Status::time_limit, "took longer than its wall time limit of " + seconds(limits.wall_time));
  } else if (out_of_cpu(outcome, result, limits)) {
    is(Status::time_limit, "used more CPU time than its limit of " + seconds(limits.cpu_time));
  } else if (result.signal) {
    is(Status::signaled, "ended by " + signal_name(*result.signal));
  } else if (result.exit_code.value_or(0) != 0) {
    is(Status::runtime_error, "ended with exit code " + std::to_string(*result.exit_code));
  } else {
    is(Status::ok, "ended with exit code 0");
  }
  return result;
}

}  // namespace cloche
