#include "sandbox/init/program.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/init/open.h"

namespace cloche::init {

namespace {

constexpr unsigned kUnshareFiles = 1u << 1;  // CLOSE_RANGE_UNSHARE
constexpr unsigned kCloseOnExec = 1u << 2;   // CLOSE_RANGE_CLOEXEC

bool limit(__rlimit_resource resource, std::uint64_t value) {
  // No limit may exceed the launcher's own hard limit.
  rlimit current{};
  if (getrlimit(resource, &current) != 0) return false;
  const rlim_t wanted = value < current.rlim_max ? static_cast<rlim_t>(value) : current.rlim_max;
  const rlimit bounds{wanted, wanted};
  return setrlimit(resource, &bounds) == 0;
}

bool set_limits(const protocol::Exec& exec) {
  if (!limit(RLIMIT_CORE, 0)) return false;
  if (!limit(RLIMIT_MEMLOCK, 64 * 1024)) return false;
  if (!limit(RLIMIT_MSGQUEUE, 64 * 1024)) return false;
  // Pending signals are counted for the launcher's user on the host too: without a bound here, a
  // program could keep that user from setting timers.
  if (!limit(RLIMIT_SIGPENDING, 256)) return false;
  // A launcher may have been given these rights: real-time scheduling would starve the supervisor.
  if (!limit(RLIMIT_RTPRIO, 0) || !limit(RLIMIT_NICE, 0)) return false;
  if (exec.file_bytes != 0 && !limit(RLIMIT_FSIZE, exec.file_bytes)) return false;
  if (exec.stack_bytes != 0 && !limit(RLIMIT_STACK, exec.stack_bytes)) return false;
  if (exec.open_files != 0 && !limit(RLIMIT_NOFILE, exec.open_files)) return false;
  if (exec.tasks != 0 && !limit(RLIMIT_NPROC, exec.tasks)) return false;
  // The kernel stops a single process even if that process starves everything else. The tree as a
  // whole is watched to the millisecond.
  if (exec.cpu_last_ns != 0 && !limit(RLIMIT_CPU, exec.cpu_last_ns / 1000000000 + 2)) return false;
  for (const std::uint64_t part : exec.affinity)
    if (part != 0)
      return sched_setaffinity(0, sizeof exec.affinity,
                               reinterpret_cast<const cpu_set_t*>(exec.affinity)) == 0;
  return true;
}

// Makes `to` a copy of the descriptor `from` that stays open at exec.
bool put_at(int from, int to) {
  if (from == to) return fcntl(to, F_SETFD, 0) == 0;
  return dup2(from, to) >= 0;
}

// Standard streams at 0 to 2, the channel's answers at channel_fd and its events at the next one.
// All other descriptors close at exec. The table of descriptors is this child's own from here on.
bool arrange_descriptors(const Message& message, int channel_fd) {
  if (syscall(SYS_close_range, 3, ~0u, kUnshareFiles | kCloseOnExec) != 0) return false;
  for (int fd = 0; fd < 3; ++fd)
    if (dup2(message.fds[fd], fd) < 0) return false;
  if (channel_fd < 0) return true;
  int events = message.fds[4];
  if (events == channel_fd) events = fcntl(events, F_DUPFD_CLOEXEC, 3);  // the answers go there
  return events >= 0 && put_at(message.fds[3], channel_fd) && put_at(events, channel_fd + 1);
}

// Tries `path` as the program; returns only if it cannot be executed, errno set.
using Attempt = void (*)(const ProgramStart& start, const char* path);

void execute_path(const ProgramStart& start, const char* path) {
  execve(path, start.argv, start.environment);
}

// Opens the program's file at the descriptor that the profile permits.
void take_hold(const ProgramStart&, const char* path) {
  const int file = open(path, O_PATH | O_CLOEXEC);
  if (file < 0) return;
  if (faccessat(file, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == 0 &&
      dup3(file, protocol::kProgramDescriptor, O_CLOEXEC) >= 0)
    errno = 0;
  close_keeping_errno(file);
}

// Looks for the program as execvpe(3) does, but in the program's own PATH. The search ends when an
// attempt sets errno to a value other than "not here".
void search(const ProgramStart& start, Attempt attempt) {
  const char* name = start.argv[0];
  if (strchr(name, '/') != nullptr || start.search_path == nullptr) return attempt(start, name);
  int result = ENOENT;
  char path[4096];
  for (const char* part = start.search_path; part != nullptr;) {
    const char* end = strchr(part, ':');
    const std::size_t length = end == nullptr ? strlen(part) : static_cast<std::size_t>(end - part);
    const std::size_t name_length = strlen(name);
    if (length > 0 && length + name_length + 2 <= sizeof path) {
      memcpy(path, part, length);
      path[length] = '/';
      memcpy(path + length + 1, name, name_length + 1);
      attempt(start, path);
      if (errno == EACCES) result = EACCES;
      if (errno != ENOENT && errno != EACCES && errno != ENOTDIR) return;
    }
    part = end == nullptr ? nullptr : end + 1;
  }
  errno = result;
}

// If a profile allows only one execution, that is the execution of a descriptor, with a path that
// no other call can name (permit_execution_of).
bool prepare_descriptor(const ProgramStart& start) {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  files.rlim_cur = files.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  search(start, take_hold);
  return errno == 0;
}

// The new namespace begins at the run's own group: this child was born in it.
bool hide_groups(const World& world) {
  return !world.control_groups || unshare(CLONE_NEWCGROUP) == 0;
}

// Does everything that turns this child into the program, except the execution. False: errno says
// why and, while `preparing`, `step` says which step failed.
bool prepare(ProgramStart& start) {
  const protocol::Exec& exec = *start.exec;
  const World& world = *start.world;
  start.preparing = true;
  start.step = InitStep::begin_session;
  if (setsid() < 0) return false;
  start.step = InitStep::hide_groups;
  if (!hide_groups(world)) return false;
  start.step = InitStep::become_program_user;
  if (!become_program(world)) return false;
  start.step = InitStep::enter_work_dir;
  if (chdir(start.message->text(exec.work_dir)) != 0) return false;
  // A program that does not exist is reported like any failure to execute it.
  start.preparing = false;
  if (world.exec_by_descriptor && !prepare_descriptor(start)) return false;
  start.preparing = true;
  start.step = InitStep::set_limits;
  if (!set_limits(exec)) return false;
  start.step = InitStep::obey_landlock_rules;
  if (!obey_landlock_rules(world.landlock_fd)) return false;
  start.step = InitStep::filter_calls;
  if (exec.memory_bytes != 0 && !refuse_memory_files()) return false;
  if (world.exec_by_descriptor && !permit_execution_of(start.empty_path)) return false;
  if (!start.denials->filter()) return false;
  start.step = InitStep::arrange_descriptors;
  if (!arrange_descriptors(*start.message, exec.channel_fd)) return false;
  start.preparing = false;
  return true;
}

}  // namespace

int start_program(void* argument) {
  ProgramStart& start = *static_cast<ProgramStart*>(argument);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  errno = 0;
  if (prepare(start)) {
    if (start.world->exec_by_descriptor)
      syscall(SYS_execveat, protocol::kProgramDescriptor, start.empty_path, start.argv,
              start.environment, AT_EMPTY_PATH);
    else
      search(start, execute_path);
  }
  start.failed = errno;
  return 127;
}

}  // namespace cloche::init
