// Running one program to its end.
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/clone.h"
#include "sandbox/init/init.h"

namespace cloche::init {

namespace {

constexpr std::uint64_t kMillisecond = 1000 * 1000;
// How often use is sampled at most; slower when sampling itself takes long (see next_sample()).
constexpr std::uint64_t kSampleInterval = 10 * kMillisecond;

// What the child that becomes the program needs to know. It runs in init's own memory.
struct Start {
  const World* world;
  const protocol::Exec* exec;
  const Message* message;
  char* const* argv;
  char* const* environment;
  const char* search_path;
  int failed;  // errno, if exec did not succeed
};

bool limit(__rlimit_resource resource, std::uint64_t value) {
  // Nobody inside may raise what the launcher was itself not given.
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
  if (exec.file_bytes != 0 && !limit(RLIMIT_FSIZE, exec.file_bytes)) return false;
  if (exec.stack_bytes != 0 && !limit(RLIMIT_STACK, exec.stack_bytes)) return false;
  if (exec.open_files != 0 && !limit(RLIMIT_NOFILE, exec.open_files)) return false;
  if (exec.tasks != 0 && !limit(RLIMIT_NPROC, exec.tasks)) return false;
  // A single process is stopped by the kernel itself even if it starves everything else; the tree
  // as a whole is watched by init, to the millisecond.
  if (exec.cpu_ns != 0 && !limit(RLIMIT_CPU, exec.cpu_ns / 1000000000 + 2)) return false;
  return true;
}

// Standard streams at 0 to 2, the channel where it is wanted, everything else closed.
bool arrange_descriptors(const Message& message, int channel_fd) {
  for (int fd = 0; fd < 3; ++fd)
    if (dup2(message.fds[fd], fd) < 0) return false;
  int last = 2;
  if (channel_fd >= 0) {
    if (message.fds[3] == channel_fd) {
      if (fcntl(channel_fd, F_SETFD, 0) != 0) return false;
    } else if (dup2(message.fds[3], channel_fd) < 0) {
      return false;
    }
    last = channel_fd;
    if (channel_fd > 3 &&
        syscall(SYS_close_range, 3, channel_fd - 1, 1u << 2 /* CLOSE_RANGE_CLOEXEC */) != 0)
      return false;
  }
  return syscall(SYS_close_range, last + 1, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */) == 0;
}

bool filter_syscalls(const World& world) {
  if (world.seccomp_program == nullptr) return true;
  sock_fprog program{};
  program.len = static_cast<unsigned short>(world.seccomp_length);
  program.filter = static_cast<sock_filter*>(const_cast<void*>(world.seccomp_program));
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

// execvpe(3), but with the PATH the program is to have. Returns only on failure, errno set.
void exec_program(const Start& start) {
  const char* name = start.argv[0];
  if (strchr(name, '/') != nullptr || start.search_path == nullptr) {
    execve(name, start.argv, start.environment);
    return;
  }
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
      execve(path, start.argv, start.environment);
      if (errno == EACCES) result = EACCES;
      if (errno != ENOENT && errno != EACCES && errno != ENOTDIR) return;
    }
    part = end == nullptr ? nullptr : end + 1;
  }
  errno = result;
}

void be_first_to_be_killed(const World& world) {
  const int fd = openat(world.proc_fd, "self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  // An aid to the kernel's choice, not a limit: failing here changes nothing that is promised.
  if (write(fd, "1000", 4) != 4) errno = 0;
  close(fd);
}

int start_program(void* argument) {
  Start& start = *static_cast<Start*>(argument);
  const protocol::Exec& exec = *start.exec;
  be_first_to_be_killed(*start.world);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  umask(022);
  if (setsid() >= 0 && set_limits(exec) && become_program(start.world->two_ids) &&
      chdir(start.message->text(exec.work_dir)) == 0 &&
      arrange_descriptors(*start.message, exec.channel_fd) && filter_syscalls(*start.world))
    exec_program(start);
  start.failed = errno;
  return 127;
}

void nanoseconds(const rusage& usage, std::uint64_t& user, std::uint64_t& system) {
  user = static_cast<std::uint64_t>(usage.ru_utime.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(usage.ru_utime.tv_usec) * 1000;
  system = static_cast<std::uint64_t>(usage.ru_stime.tv_sec) * 1000000000 +
           static_cast<std::uint64_t>(usage.ru_stime.tv_usec) * 1000;
}

// User and system time of everything inside that has ended.
std::uint64_t ended_cpu() {
  rusage usage{};
  std::uint64_t user, system;
  getrusage(RUSAGE_CHILDREN, &usage);
  nanoseconds(usage, user, system);
  return user + system;
}

// Waits for one child as waitpid(2) does, and takes note of how much memory it and what it waited
// for had at most, and of how the program ended.
pid_t reap_one(pid_t program, int options, protocol::Ended& ended) {
  int status = 0;
  rusage usage{};
  const pid_t pid = wait4(-1, &status, options | __WALL, &usage);
  if (pid <= 0) return pid;
  const auto largest = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  if (largest > ended.peak_bytes) ended.peak_bytes = largest;
  if (pid == program) ended.wait_status = status;
  return pid;
}

// The supervision of one execution.
class Watch {
 public:
  Watch(const World& world, const protocol::Exec& exec, pid_t program, int signals,
        std::uint64_t begin)
      : world_(world), exec_(exec), program_(program), signals_(signals), begin_(begin) {}

  // Until the program has ended or must end.
  void run(protocol::Ended& ended) {
    const std::uint64_t deadline = exec_.wall_ns == 0 ? ~0ull : begin_ + exec_.wall_ns;
    const std::uint64_t cpu_before = ended_cpu();
    const bool sampling = exec_.cpu_ns != 0 || exec_.memory_bytes != 0;
    std::uint64_t interval = kSampleInterval;
    std::uint64_t next_sample = sampling ? begin_ + interval : ~0ull;
    ended.cause = protocol::Cause::exited;
    for (;;) {
      if (reap(ended)) break;
      const std::uint64_t time = now();
      if (time >= deadline) {
        ended.cause = protocol::Cause::wall_time;
        break;
      }
      if (time >= next_sample) {
        const Usage usage = sample(world_);
        if (usage.memory_bytes > ended.peak_bytes) ended.peak_bytes = usage.memory_bytes;
        if (exec_.memory_bytes != 0 && usage.memory_bytes > exec_.memory_bytes) {
          ended.cause = protocol::Cause::memory;
          break;
        }
        if (exec_.cpu_ns != 0 && ended_cpu() - cpu_before + usage.cpu_ns > exec_.cpu_ns) {
          ended.cause = protocol::Cause::cpu_time;
          break;
        }
        // Many processes take long to look at: never spend more than a twentieth of the time on it.
        const std::uint64_t cost = now() - time;
        interval = cost * 20 > kSampleInterval ? cost * 20 : kSampleInterval;
        next_sample = now() + interval;
      }
      if (!wait_for_news(deadline < next_sample ? deadline : next_sample)) {
        ended.cause = protocol::Cause::killed;
        break;
      }
    }
    ended.wall_ns = now() - begin_;
  }

 private:
  // Takes note of everything that has ended; true if the program is among it.
  bool reap(protocol::Ended& ended) {
    bool program_ended = false;
    for (;;) {
      const pid_t pid = reap_one(program_, WNOHANG, ended);
      if (pid <= 0) return program_ended;
      program_ended = program_ended || pid == program_;
    }
  }

  // Until something ends, time comes or the launcher speaks; false if it says "kill".
  bool wait_for_news(std::uint64_t until) {
    pollfd sources[2] = {{signals_, POLLIN, 0}, {protocol::kSocketFd, POLLIN, 0}};
    timespec left{};
    const std::uint64_t time = now();
    if (until != ~0ull) {
      const std::uint64_t wait = until > time ? until - time : 0;
      left.tv_sec = static_cast<time_t>(wait / 1000000000);
      left.tv_nsec = static_cast<long>(wait % 1000000000);
    }
    if (ppoll(sources, 2, until == ~0ull ? nullptr : &left, nullptr) <= 0) return true;
    if (sources[0].revents != 0) {
      signalfd_siginfo information;
      if (read(signals_, &information, sizeof information) < 0) return true;
    }
    if (sources[1].revents != 0) {
      Message message = receive();  // ends init if the launcher is gone
      const bool kill = message.header.type == protocol::Type::kill;
      message.drop();
      return !kill;
    }
    return true;
  }

  const World& world_;
  const protocol::Exec& exec_;
  pid_t program_;
  int signals_;
  std::uint64_t begin_;  // before the program was executed
};

// Nothing of an execution outlives it. fork(2) fails once a signal is pending, so one round kills
// all there are; the loop only waits for them to be gone.
void end_all(pid_t program, protocol::Ended& ended) {
  for (;;) {
    kill(-1, SIGKILL);
    if (reap_one(program, 0, ended) < 0 && errno == ECHILD) return;
  }
}

}  // namespace

void execute(const World& world, Message& message) {
  const auto& exec = message.body<protocol::Exec>();
  protocol::Ended ended{};

  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  const int signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) return reply_failed("watch for ended processes", "", errno);

  Start start{};
  start.world = &world;
  start.exec = &exec;
  start.message = &message;
  start.argv = message.pointers(exec.argv);
  start.environment = message.pointers(exec.environment);
  for (char* const* entry = start.environment; *entry != nullptr; ++entry)
    if (strncmp(*entry, "PATH=", 5) == 0) start.search_path = *entry + 5;

  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  CloneStack stack;
  clone_args args{};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
  args.exit_signal = SIGCHLD;
  stack.give_to(args);
  const std::uint64_t begin = now();
  const long pid = clone3_run(&args, start_program, &start);
  if (pid < 0) {
    close(signals);
    return reply_failed("start a process", "", static_cast<int>(-pid));
  }
  // The program has copies of these now; held here they would keep its pipes open.
  message.drop_descriptors();
  if (start.failed == 0) Watch(world, exec, static_cast<pid_t>(pid), signals, begin).run(ended);
  end_all(static_cast<pid_t>(pid), ended);
  if (start.failed != 0) {
    ended.cause = protocol::Cause::not_started;
    ended.exec_errno = start.failed;
  }
  getrusage(RUSAGE_CHILDREN, &after);
  std::uint64_t user, system, user_before, system_before;
  nanoseconds(after, user, system);
  nanoseconds(before, user_before, system_before);
  ended.user_ns = user - user_before;
  ended.system_ns = system - system_before;
  close(signals);
  reply(protocol::Type::ended, &ended, sizeof ended);
}

}  // namespace cloche::init
