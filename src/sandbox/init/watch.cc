#include "sandbox/init/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>

#include "sandbox/init/measure/shared_memory.h"
#include "sandbox/init/wire.h"

namespace cloche::init {

namespace {

constexpr std::uint64_t kMillisecond = 1000 * 1000;
// The shortest time between two samples; it grows if sampling itself takes long (see pause()). The
// slow interval applies if a control group measures and only tasks and disks need a look.
constexpr std::uint64_t kSampleInterval = 10 * kMillisecond;
constexpr std::uint64_t kSlowInterval = 50 * kMillisecond;

std::uint64_t nanoseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1000000000 +
         static_cast<std::uint64_t>(time.tv_usec) * 1000;
}

Sampler& fresh_sampler(const World& world) {
  alignas(Sampler) static char room[sizeof(Sampler)];
  forget_shared_mappings();
  return *new (room) Sampler(world);
}

}  // namespace

ChildrenUse ChildrenUse::now() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  return {nanoseconds(usage.ru_utime),
          nanoseconds(usage.ru_stime),
          static_cast<std::uint64_t>(usage.ru_inblock),
          static_cast<std::uint64_t>(usage.ru_oublock),
          static_cast<std::uint64_t>(usage.ru_nvcsw),
          static_cast<std::uint64_t>(usage.ru_nivcsw)};
}

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

Watch::Watch(const World& world, const protocol::Exec& exec, Denials& denials,
             IncomingFile& incoming, pid_t program, int signals, std::uint64_t begin)
    : exec_(exec),
      denials_(denials),
      incoming_(incoming),
      sampler_(fresh_sampler(world)),
      measure_(exec.cpu_ns != 0 || exec.memory_bytes != 0),
      program_(program),
      signals_(signals),
      begin_(begin) {}

// Until the program has ended or must end.
void Watch::run(protocol::Ended& ended) {
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
    if (incoming_.under_way()) incoming_.copy();
    const std::uint64_t until = deadline < next_look_ ? deadline : next_look_;
    if (!wait_for_news(incoming_.under_way() ? 0 : until, ended)) break;
  }
  ended.wall_ns = now() - begin_;
  if (sampler_.sample(false, ~0ull).disk_full) ended.disk_full = 1;
  if (sampled_cpu_ > ended.user_ns) ended.user_ns = sampled_cpu_;  // execute() sorts this out
}

std::uint64_t Watch::shortest_interval() const {
  return measure_ ? kSampleInterval : kSlowInterval;
}

// Reaps all children that have ended; true if the program is among them.
bool Watch::reap(protocol::Ended& ended) {
  bool program_ended = false;
  for (;;) {
    const pid_t pid = reap_one(program_, WNOHANG, ended);
    if (pid <= 0) return program_ended;
    program_ended = program_ended || pid == program_;
  }
}

// Takes a sample; false if it ends the run at a limit.
bool Watch::look(protocol::Ended& ended) {
  // The cost in CPU time: on a busy machine, other processes take most of the time between.
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

// The time until the next sample, after one that took `cost`. Sampling takes at most a twentieth of
// the time, or a fourth near the limit of memory. But growing memory is sampled again before it can
// have come half of the way to the limit.
std::uint64_t Watch::pause(std::uint64_t memory, std::uint64_t cost) {
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

bool Watch::enough_cpu(std::uint64_t living, protocol::Ended& ended) {
  // The greater of two sums: the samples of living processes, and the kernel's sum of processes
  // that were waited for. The latter misses processes whose parent ignores their end.
  const std::uint64_t waited_for = ChildrenUse::now().cpu_ns() - before_.cpu_ns();
  sampled_cpu_ = living > waited_for ? living : waited_for;
  if (sampled_cpu_ <= exec_.cpu_ns) return true;
  if (sampled_cpu_ > exec_.cpu_ns + exec_.cpu_grace_ns) {
    ended.cause = protocol::Cause::cpu_time;
    return false;
  }
  warn(ended);
  return true;
}

void Watch::warn(protocol::Ended& ended) {
  if (ended.cpu_warned != 0) return;
  ended.cpu_warned = 1;
  kill(-1, SIGXCPU);
}

// Waits for the end of a child, a refused call, a message of the launcher, or the time `until`.
// False if the run must end.
bool Watch::wait_for_news(std::uint64_t until, protocol::Ended& ended) {
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

bool Watch::hear_launcher(protocol::Ended& ended) {
  Message message = receive();  // ends init if the launcher is gone
  const protocol::Type type = message.header.type;
  if (type == protocol::Type::signal) send_signal(message.body<protocol::Signal>().number);
  // The launcher waits for the reply to one before it puts the next.
  if (type == protocol::Type::put && !incoming_.under_way()) incoming_.begin(message);
  message.drop();
  if (type == protocol::Type::warn) warn(ended);
  if (type != protocol::Type::kill) return true;
  ended.cause = protocol::Cause::killed;
  return false;
}

// The number is still the program's: only run() reaps, and it ends once it has reaped the program.
void Watch::send_signal(int number) {
  if (number > 0 && number <= protocol::kLastSignal) kill(program_, number);
}

}  // namespace cloche::init
