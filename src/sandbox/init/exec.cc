// Running one program to its end.
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

#include "sandbox/clone.h"
#include "sandbox/init/init.h"
#include "sandbox/init/measure/shared_memory.h"

namespace cloche::init {

namespace {

constexpr std::uint64_t kMillisecond = 1000 * 1000;
// How often use is sampled at most; slower when sampling itself takes long (see look()). Where a
// control group measures, what is left to look at is looked at less often.
constexpr std::uint64_t kSampleInterval = 10 * kMillisecond;
constexpr std::uint64_t kSlowInterval = 50 * kMillisecond;

// What everything inside that has ended used: getrusage(2).
struct Ended {
  std::uint64_t user_ns, system_ns;
  std::uint64_t read_blocks, written_blocks;
  std::uint64_t voluntary, involuntary;

  static Ended now() {
    rusage usage{};
    getrusage(RUSAGE_CHILDREN, &usage);
    return {nanoseconds(usage.ru_utime),
            nanoseconds(usage.ru_stime),
            static_cast<std::uint64_t>(usage.ru_inblock),
            static_cast<std::uint64_t>(usage.ru_oublock),
            static_cast<std::uint64_t>(usage.ru_nvcsw),
            static_cast<std::uint64_t>(usage.ru_nivcsw)};
  }
  static std::uint64_t nanoseconds(const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1000000000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1000;
  }
  std::uint64_t cpu_ns() const { return user_ns + system_ns; }
};

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

Sampler& fresh_sampler(const World& world) {
  alignas(Sampler) static char room[sizeof(Sampler)];
  forget_shared_mappings();
  return *new (room) Sampler(world);
}

// The supervision of one execution.
class Watch {
 public:
  Watch(const World& world, const protocol::Exec& exec, Denials& denials, pid_t program,
        int signals, std::uint64_t begin)
      : exec_(exec),
        denials_(denials),
        sampler_(fresh_sampler(world)),
        measure_(exec.cpu_ns != 0 || exec.memory_bytes != 0),
        program_(program),
        signals_(signals),
        begin_(begin) {}

  // Until the program has ended or must end.
  void run(protocol::Ended& ended) {
    const std::uint64_t deadline = exec_.wall_ns == 0 ? ~0ull : begin_ + exec_.wall_ns;
    next_look_ = begin_ + shortest_interval();
    ended.cause = protocol::Cause::exited;
    ended.peak_tasks = 1;
    for (;;) {
      if (reap(ended)) break;
      const std::uint64_t time = now();
      if (time >= deadline) {
        ended.cause = protocol::Cause::wall_time;
        break;
      }
      if (time >= next_look_ && !look(ended)) break;
      if (!wait_for_news(deadline < next_look_ ? deadline : next_look_, ended)) break;
    }
    ended.wall_ns = now() - begin_;
    if (sampler_.sample(false, ~0ull).disk_full) ended.disk_full = 1;
    if (sampled_cpu_ > ended.user_ns) ended.user_ns = sampled_cpu_;  // execute() sorts this out
  }

 private:
  std::uint64_t shortest_interval() const { return measure_ ? kSampleInterval : kSlowInterval; }

  // Takes note of everything that has ended; true if the program is among it.
  bool reap(protocol::Ended& ended) {
    bool program_ended = false;
    for (;;) {
      const pid_t pid = reap_one(program_, WNOHANG, ended);
      if (pid <= 0) return program_ended;
      program_ended = program_ended || pid == program_;
    }
  }

  // Looks at what is used; false if a limit has ended the run.
  bool look(protocol::Ended& ended) {
    // CPU time, for on a busy machine most of the time between is others'.
    const std::uint64_t begin = clock(CLOCK_PROCESS_CPUTIME_ID);
    const Use use = sampler_.sample(measure_, exec_.memory_bytes == 0 ? ~0ull : exec_.memory_bytes);
    next_look_ = now() + pause(use.memory_bytes, clock(CLOCK_PROCESS_CPUTIME_ID) - begin);

    if (use.disk_full) ended.disk_full = 1;
    if (use.tasks > ended.peak_tasks) ended.peak_tasks = use.tasks;
    if (exec_.program_tasks != 0 && use.tasks >= exec_.program_tasks) ended.tasks_full = 1;
    if (measure_ && use.memory_bytes > ended.peak_bytes) ended.peak_bytes = use.memory_bytes;
    if (exec_.memory_bytes != 0 && use.memory_bytes > exec_.memory_bytes) {
      ended.cause = protocol::Cause::memory;
      return false;
    }
    return exec_.cpu_ns == 0 || enough_cpu(use.cpu_ns, ended);
  }

  // How long not to look, after a look that took `cost`. Many processes take long to look at: no
  // more than a twentieth of the time is spent on it, or a fourth where the limit of memory is
  // near. But what grows is looked at again before it has come half of the way to the limit.
  std::uint64_t pause(std::uint64_t memory, std::uint64_t cost) {
    const std::uint64_t time = now(), limit = exec_.memory_bytes;
    std::uint64_t longest = cost * (memory > limit / 4 ? 3 : 19);
    if (longest < shortest_interval()) longest = shortest_interval();
    if (limit > memory && memory > last_memory_ && measure_) {
      const double pace =
          static_cast<double>(memory - last_memory_) / static_cast<double>(time - last_look_);
      const double half_way = static_cast<double>(limit - memory) / pace / 2;
      const std::uint64_t least = cost > kMillisecond ? cost : kMillisecond;
      if (half_way < static_cast<double>(longest)) longest = static_cast<std::uint64_t>(half_way);
      if (longest < least) longest = least;
    }
    last_memory_ = memory;
    last_look_ = time;
    return longest;
  }

  bool enough_cpu(std::uint64_t living, protocol::Ended& ended) {
    // What was seen of processes while they lived, or what the kernel added up as they were waited
    // for, whichever is more: the latter misses those whose parent ignores their end.
    const std::uint64_t waited_for = Ended::now().cpu_ns() - before_.cpu_ns();
    sampled_cpu_ = living > waited_for ? living : waited_for;
    if (sampled_cpu_ <= exec_.cpu_ns) return true;
    if (sampled_cpu_ > exec_.cpu_ns + exec_.cpu_grace_ns) {
      ended.cause = protocol::Cause::cpu_time;
      return false;
    }
    warn(ended);
    return true;
  }

  void warn(protocol::Ended& ended) {
    if (ended.cpu_warned != 0) return;
    ended.cpu_warned = 1;
    kill(-1, SIGXCPU);
  }

  // Until something ends, a call is refused, time comes or the launcher speaks; false if the run
  // must end.
  bool wait_for_news(std::uint64_t until, protocol::Ended& ended) {
    pollfd sources[4] = {{signals_, POLLIN, 0},
                         {protocol::kSocketFd, POLLIN, 0},
                         {denials_.fd(), POLLIN, 0},
                         {launcher_pidfd(), POLLIN, 0}};
    timespec left{};
    const std::uint64_t time = now();
    if (until != ~0ull) {
      const std::uint64_t wait = until > time ? until - time : 0;
      left.tv_sec = static_cast<time_t>(wait / 1000000000);
      left.tv_nsec = static_cast<long>(wait % 1000000000);
    }
    if (ppoll(sources, 4, until == ~0ull ? nullptr : &left, nullptr) <= 0) return true;
    if (sources[0].revents != 0) {
      signalfd_siginfo information;
      if (read(signals_, &information, sizeof information) < 0) errno = 0;
    }
    if (sources[2].revents & POLLIN) {
      if (!denials_.answer(ended)) return false;
    } else if (sources[2].revents != 0) {
      denials_.hang_up();
    }
    // receive() ends init if the launcher is gone.
    return (sources[1].revents | sources[3].revents) == 0 || hear_launcher(ended);
  }

  bool hear_launcher(protocol::Ended& ended) {
    Message message = receive();  // ends init if the launcher is gone
    const protocol::Type type = message.header.type;
    if (type == protocol::Type::signal) send_signal(message.body<protocol::Signal>().number);
    message.drop();
    if (type == protocol::Type::warn) warn(ended);
    if (type != protocol::Type::kill) return true;
    ended.cause = protocol::Cause::killed;
    return false;
  }

  // Only run() reaps, and ends once it has reaped the program: the number is still the program's.
  void send_signal(int number) {
    if (number > 0 && number <= protocol::kLastSignal) kill(program_, number);
  }

  const protocol::Exec& exec_;
  Denials& denials_;
  Sampler& sampler_;
  const bool measure_;  // CPU time and memory are measured here, and not by a control group
  const pid_t program_;
  const int signals_;
  const std::uint64_t begin_;  // before the program was executed
  const Ended before_ = Ended::now();
  std::uint64_t last_look_ = begin_, last_memory_ = 0;
  std::uint64_t next_look_ = 0;
  std::uint64_t sampled_cpu_ = 0;
};

// Nothing of an execution outlives it. fork(2) fails once a signal is pending, so one round kills
// all there are; the loop only waits for them to be gone.
void end_all(pid_t program, protocol::Ended& ended) {
  for (;;) {
    kill(-1, SIGKILL);
    if (reap_one(program, 0, ended) < 0 && errno == ECHILD) return;
  }
}

int child_signals() {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

// What the kernel kills first when the host runs out of memory: the program, and not init, from
// which it inherits this. An aid to the kernel's choice, not a limit.
void set_oom_score(const World& world, const char* score) {
  if (world.oom_fd >= 0 && pwrite(world.oom_fd, score, strlen(score), 0) < 0) errno = 0;
}

// An empty string at an address that cannot be guessed. Null if there is no memory.
const char* hidden_empty_string() {
  static char* page = nullptr;
  if (page == nullptr) {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) return nullptr;
    // Somewhere in the lower half of the 47 bits that programs have; the kernel takes the nearest
    // place that is free.
    void* wish = reinterpret_cast<void*>(random & 0x3ffffffff000);
    void* made = mmap(wish, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED) return nullptr;
    page = static_cast<char*>(made);
  }
  std::uint32_t offset = 0;
  if (getrandom(&offset, sizeof offset, 0) != sizeof offset) return nullptr;
  return page + offset % 4096;
}

// Starts the program. Returns its pid, or -errno.
long start(Start& what, int group) {
  CloneStack stack;
  clone_args args{};
  // Descriptors are shared at first, for the filter's listener to be init's; see program.cc.
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_CLEAR_SIGHAND;
  args.exit_signal = SIGCHLD;
  if (group >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(group);
  }
  stack.give_to(args);
  char before[16];
  const ssize_t length = pread(what.world->oom_fd, before, sizeof before - 1, 0);
  set_oom_score(*what.world, "1000");
  const long pid = clone3_run(&args, start_program, &what);
  before[length < 0 ? 0 : length] = '\0';
  if (length > 0) set_oom_score(*what.world, before);
  if (what.world->exec_by_descriptor) close(protocol::kProgramDescriptor);
  return pid;
}

// What was used from `before` until now. CPU time that was seen but never waited for (see
// enough_cpu) is told as user time: nobody knows how it was divided.
void account(const Ended& before, protocol::Ended& ended) {
  const Ended after = Ended::now();
  const std::uint64_t seen = ended.user_ns;
  ended.user_ns = after.user_ns - before.user_ns;
  ended.system_ns = after.system_ns - before.system_ns;
  if (seen > ended.user_ns + ended.system_ns) ended.user_ns = seen - ended.system_ns;
  ended.read_blocks = after.read_blocks - before.read_blocks;
  ended.written_blocks = after.written_blocks - before.written_blocks;
  ended.voluntary_switches = after.voluntary - before.voluntary;
  ended.involuntary_switches = after.involuntary - before.involuntary;
}

}  // namespace

void execute(const World& world, Message& message) {
  const auto& exec = message.body<protocol::Exec>();
  protocol::Ended ended{};
  const int signals = child_signals();
  if (signals < 0) return reply_failed("watch for ended processes", "", errno);

  Denials denials(world);
  Start program{};
  program.world = &world;
  program.exec = &exec;
  program.message = &message;
  program.denials = &denials;
  program.argv = message.pointers(exec.argv);
  program.environment = message.pointers(exec.environment);
  if (world.exec_by_descriptor && (program.empty_path = hidden_empty_string()) == nullptr) {
    close(signals);
    return reply_failed("prepare the only execution", "", errno);
  }
  for (char* const* entry = program.environment; *entry != nullptr; ++entry)
    if (strncmp(*entry, "PATH=", 5) == 0) program.search_path = *entry + 5;

  const Ended before = Ended::now();
  const std::uint64_t begin = now();
  const int group = world.control_groups ? message.fds[message.fd_count - 1] : -1;
  const long pid = start(program, group);
  if (pid < 0) {
    close(signals);
    return reply_failed("start a process", "", static_cast<int>(-pid));
  }
  // The program has copies of these now; held here they would keep its pipes open.
  message.drop_descriptors();
  if (program.failed == 0)
    Watch(world, exec, denials, static_cast<pid_t>(pid), signals, begin).run(ended);
  end_all(static_cast<pid_t>(pid), ended);
  if (program.failed != 0 && program.step != nullptr) {
    close(signals);
    // Only the work directory is the caller's own choice.
    const bool named = program.step[strlen(program.step) - 1] == ' ';
    return reply_failed(program.step, named ? message.text(exec.work_dir) : "", program.failed);
  }
  if (program.failed != 0) {
    ended.cause = protocol::Cause::not_started;
    ended.exec_errno = program.failed;
  }
  account(before, ended);
  close(signals);
  reply(protocol::Type::ended, &ended, sizeof ended);
}

}  // namespace cloche::init
