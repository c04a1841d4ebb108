// The verdict: from the facts of an execution to its Result.
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sandbox/seccomp/seccomp.h"
#include "sandbox/supervise.h"
#include "util/text.h"

namespace cloche {

namespace {

using protocol::Cause;

std::string seconds(std::chrono::nanoseconds time) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", std::chrono::duration<double>(time).count());
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  return std::to_string(bytes) + " bytes";
}

// The use of resources, from init's figures. The control group's figures, where there are any,
// count everything and replace them.
void account(Result& result, const Supervision& facts) {
  const protocol::Ended& ended = facts.ended;
  result.wall_time = std::chrono::nanoseconds(ended.wall_ns);
  result.user_time = std::chrono::nanoseconds(ended.user_ns);
  result.system_time = std::chrono::nanoseconds(ended.system_ns);
  result.peak_memory_bytes = ended.peak_bytes;
  result.peak_tasks = ended.peak_tasks;
  result.read_bytes = ended.read_blocks * 512;
  result.written_bytes = ended.written_blocks * 512;
  result.voluntary_switches = ended.voluntary_switches;
  result.involuntary_switches = ended.involuntary_switches;
  result.first_output = facts.first_output;
  result.last_output = facts.last_output;
  for (std::uint32_t i = 0; i < ended.denied_count; ++i)
    result.denied_syscalls[seccomp::describe_call(ended.denied[i].arch, ended.denied[i].number)] +=
        ended.denied[i].count;
  if (!facts.usage) return;
  const cgroup::Usage& usage = *facts.usage;
  result.user_time = usage.user;
  result.system_time = usage.system;
  result.throttled_time = usage.throttled;
  result.pressure = usage.pressure;
  if (usage.peak_memory_bytes) result.peak_memory_bytes = *usage.peak_memory_bytes;
  if (usage.peak_tasks) result.peak_tasks = *usage.peak_tasks;
  if (usage.read_bytes) result.read_bytes = *usage.read_bytes;
  if (usage.written_bytes) result.written_bytes = *usage.written_bytes;
}

void note(Result& result, const Supervision& facts) {
  if (facts.ended.tasks_full != 0 || (facts.usage && facts.usage->refused_tasks > 0))
    result.notes.emplace_back("process_limit");
  if (facts.ended.disk_full != 0) result.notes.emplace_back("disk_limit");
  if (result.signal == SIGXFSZ) result.notes.emplace_back("file_size_limit");
}

// Whether the kernel ended the run, or a process of it, for its memory.
bool out_of_memory(const Supervision& facts, const Result& result) {
  if (!facts.usage) return false;
  if (facts.usage->oom_kills > 0) return true;
  // The kernel refused memory without a kill. A failure after that is taken as its consequence.
  return facts.usage->out_of_memory > 0 && (result.signal || result.exit_code.value_or(0) != 0);
}

// Whether CPU time ended the run: by a kill, by RLIMIT_CPU of one process, or by the SIGXCPU
// before.
bool out_of_cpu(const Supervision& facts, const Result& result, const Limits& limits) {
  if (limits.cpu_time.count() == 0) return false;
  if (facts.cpu_killed || facts.ended.cause == Cause::cpu_time) return true;
  // The warning was due by the group's total, whose two parts can be rounded down to less.
  if (facts.ended.cpu_warned != 0) return true;
  return result.user_time + result.system_time >= limits.cpu_time;
}

}  // namespace

Result judge(Supervision facts, const Limits& limits) {
  const protocol::Ended& ended = facts.ended;
  Result result;
  result.out = std::move(facts.out);
  result.err = std::move(facts.err);
  if (WIFEXITED(ended.wait_status)) result.exit_code = WEXITSTATUS(ended.wait_status);
  if (WIFSIGNALED(ended.wait_status)) result.signal = WTERMSIG(ended.wait_status);
  account(result, facts);
  note(result, facts);

  const auto is = [&result](Status status, Reason code, std::string reason) {
    result.status = status;
    result.reason_code = code;
    result.reason = std::move(reason);
  };
  if (ended.cause == Cause::not_started) {
    result.exit_code.reset();
    result.exec_errno = ended.exec_errno;
    is(Status::not_started, Reason::exec_failed,
       std::string("could not be executed: ") + std::strerror(ended.exec_errno));
  } else if (facts.cancelled) {
    is(Status::cancelled, Reason::cancelled, "ended on demand");
  } else if (facts.output_killed != 0) {
    is(Status::output_limit, facts.output_killed == 1 ? Reason::stdout_limit : Reason::stderr_limit,
       "wrote more than the output limit");
  } else if (ended.cause == Cause::denied_call) {
    is(Status::syscall_denied, Reason::denied_call,
       "made the system call " +
           seccomp::describe_call(ended.fatal_call.arch, ended.fatal_call.number) +
           ", which its profile does not allow");
  } else if (ended.cause == Cause::memory || out_of_memory(facts, result)) {
    is(Status::memory_limit, ended.cause == Cause::memory ? Reason::memory : Reason::kernel_oom,
       "used more memory than its limit of " + bytes_text(limits.memory_bytes));
  } else if (ended.cause == Cause::wall_time) {
    is(Status::time_limit, facts.init_lost ? Reason::init_lost : Reason::wall_time,
       "took longer than its wall time limit of " + seconds(limits.wall_time));
  } else if (out_of_cpu(facts, result, limits)) {
    is(Status::time_limit, Reason::cpu_time,
       "used more CPU time than its limit of " + seconds(limits.cpu_time));
  } else if (result.signal) {
    is(Status::signaled, Reason::signal, "ended by " + signal_name(*result.signal));
  } else {
    const int code = result.exit_code.value_or(0);
    is(code == 0 ? Status::ok : Status::runtime_error, Reason::exited,
       "ended with exit code " + std::to_string(code));
  }
  return result;
}

}  // namespace cloche
