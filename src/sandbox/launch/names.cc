// The names of the sandbox's enumerations, as written in reports.
#include "cloche/sandbox.h"

namespace cloche {

std::string_view to_string(Status value) {
  switch (value) {
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

std::string_view to_string(Reason value) {
  switch (value) {
    case Reason::exited:
      return "exited";
    case Reason::signal:
      return "signal";
    case Reason::wall_time:
      return "wall_time";
    case Reason::cpu_time:
      return "cpu_time";
    case Reason::memory:
      return "memory";
    case Reason::kernel_oom:
      return "kernel_oom";
    case Reason::stdout_limit:
      return "stdout_limit";
    case Reason::stderr_limit:
      return "stderr_limit";
    case Reason::denied_call:
      return "denied_call";
    case Reason::cancelled:
      return "cancelled";
    case Reason::exec_failed:
      return "exec_failed";
    case Reason::init_lost:
      return "init_lost";
  }
  return "unknown";
}

std::string_view to_string(LimitKind value) {
  switch (value) {
    case LimitKind::cpu_time:
      return "cpu_time";
    case LimitKind::cpus:
      return "cpus";
    case LimitKind::cpuset:
      return "cpuset";
    case LimitKind::disk:
      return "disk";
    case LimitKind::file_size:
      return "file_size";
    case LimitKind::io:
      return "io";
    case LimitKind::memory:
      return "memory";
    case LimitKind::open_files:
      return "open_files";
    case LimitKind::output:
      return "output";
    case LimitKind::stack:
      return "stack";
    case LimitKind::tasks:
      return "tasks";
    case LimitKind::wall_time:
      return "wall_time";
  }
  return "unknown";
}

std::string_view to_string(Mechanism value) {
  switch (value) {
    case Mechanism::cgroup:
      return "cgroup";
    case Mechanism::rlimit:
      return "rlimit";
    case Mechanism::timer:
      return "timer";
    case Mechanism::launcher:
      return "launcher";
    case Mechanism::tmpfs:
      return "tmpfs";
    case Mechanism::affinity:
      return "affinity";
    case Mechanism::supervision:
      return "supervision";
    case Mechanism::none:
      return "none";
  }
  return "unknown";
}

}  // namespace cloche
