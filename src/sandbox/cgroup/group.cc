#include "sandbox/cgroup/group.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <sstream>

#include "cloche/error.h"
#include "sandbox/cgroup/empty.h"
#include "sandbox/cgroup/files.h"

namespace cloche::cgroup {

namespace {

UniqueFd make(int parent, const std::string& name) {
  if (::mkdirat(parent, name.c_str(), 0755) != 0)
    throw Error::from_errno("make a control group", errno);
  UniqueFd directory(::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory) return directory;
  const int failed = errno;
  ::unlinkat(parent, name.c_str(), AT_REMOVEDIR);
  throw Error::from_errno("open a control group", failed);
}

// A group stays busy for a moment after its last process was waited for, so the removal is
// repeated.
void remove(int parent, const std::string& name, int directory) {
  for (int attempt = 0; ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) != 0; ++attempt) {
    if (errno != EBUSY || attempt == 50) return;  // the guard will see to it
    write_at(directory, "cgroup.kill", "1");
    // The last process may have left just now.
    wait_until_empty(directory, 20);
    ::poll(nullptr, 0, 1);
  }
}

// Where root launches, init runs as another user and must be allowed to start processes in a run.
// clone(2) needs write access to this file of the run's group and of the group above both.
void allow_starting(int directory, uid_t starter) {
  if (starter == ::geteuid()) return;
  if (::fchownat(directory, "cgroup.procs", starter, static_cast<gid_t>(-1), AT_SYMLINK_NOFOLLOW) !=
      0)
    throw Error::from_errno("hand a control group to init", errno);
}

std::string bound(std::uint64_t value) {
  return value == 0 ? std::string("max") : std::to_string(value);
}

std::optional<std::uint64_t> number_in(int directory, const char* name) {
  const std::string text = read_at(directory, name);
  if (text.empty() || text[0] < '0' || text[0] > '9') return std::nullopt;
  return std::strtoull(text.c_str(), nullptr, 10);
}

// The sum over all devices of "key=number" in io.stat.
std::uint64_t sum_of(const std::string& text, const std::string& key) {
  std::uint64_t sum = 0;
  std::istringstream words(text);
  for (std::string word; words >> word;)
    if (word.starts_with(key + "="))
      sum += std::strtoull(word.c_str() + key.size() + 1, nullptr, 10);
  return sum;
}

// The total of the line "some avg10=… total=MICROSECONDS".
std::optional<std::chrono::microseconds> pressure_in(int directory, const char* name) {
  const std::string text = read_at(directory, name);
  const std::size_t total = text.find("total=");
  if (!text.starts_with("some ") || total == std::string::npos) return std::nullopt;
  return std::chrono::microseconds(std::strtoull(text.c_str() + total + 6, nullptr, 10));
}

[[noreturn]] void refused(const std::string& what, int errnum, const std::string& hint) {
  throw Error(ErrorKind::usage, what, errnum, hint);
}

}  // namespace

std::unique_ptr<Groups> Groups::create(uid_t starter, bool for_cpu_time) {
  auto tree = GroupTree::of_this_process();
  if (!tree || (!tree->limits() && !for_cpu_time)) return nullptr;
  std::string name = tree->next_name();
  UniqueFd directory = make(tree->fd(), name);
  std::unique_ptr<Groups> groups(
      new Groups(std::move(tree), std::move(name), std::move(directory), starter));
  const int group = groups->directory_.get();
  if (groups->tree_->limits())
    for (const char* controller : kControllers) pass_on(group, controller);
  allow_starting(group, starter);
  groups->init_ = make(group, "init");
  return groups;
}

Groups::~Groups() {
  if (init_) remove(directory_.get(), "init", init_.get());
  remove(tree_->fd(), name_, directory_.get());
}

std::unique_ptr<RunGroup> Groups::begin(const Limits& limits,
                                        std::map<LimitKind, Mechanism>& enforced_by) {
  const bool cpuset =
      !limits.cpuset.empty() && tree_->enable("cpuset") && pass_on(directory_.get(), "cpuset");
  const bool io = !limits.io_max.empty() && tree_->enable("io") && pass_on(directory_.get(), "io");
  std::string name = std::to_string(++runs_);
  UniqueFd directory = make(directory_.get(), name);
  std::unique_ptr<RunGroup> run(
      new RunGroup(directory_.get(), std::move(name), std::move(directory)));
  const int group = run->fd();
  allow_starting(group, starter_);
  if (limits.cpu_time.count() > 0) enforced_by[LimitKind::cpu_time] = Mechanism::cgroup;
  if (limits.memory_bytes != 0 && write_at(group, "memory.max", bound(limits.memory_bytes))) {
    write_at(group, "memory.swap.max", "0");
    write_at(group, "memory.oom.group", "1");
    enforced_by[LimitKind::memory] = Mechanism::cgroup;
  }
  if (limits.tasks != 0 && write_at(group, "pids.max", bound(limits.tasks)))
    enforced_by[LimitKind::tasks] = Mechanism::cgroup;
  constexpr long kPeriod = 100000;  // microseconds
  if (limits.cpus > 0 &&
      write_at(group, "cpu.max",
               std::to_string(std::max(1000L, std::lround(limits.cpus * kPeriod))) + " " +
                   std::to_string(kPeriod)))
    enforced_by[LimitKind::cpus] = Mechanism::cgroup;
  if (cpuset) {
    if (!write_at(group, "cpuset.cpus", limits.cpuset))
      refused("bind a run to the CPUs " + limits.cpuset, errno,
              "write numbers and ranges of CPUs that exist, such as 0-1,4");
    enforced_by[LimitKind::cpuset] = Mechanism::cgroup;
  }
  if (io) {
    std::istringstream lines(limits.io_max);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty() && !write_at(group, "io.max", line))
        refused("bound the use of a device by \"" + line + "\"", errno,
                "write MAJ:MIN rbps=N wbps=N riops=N wiops=N, the device of a whole disk");
    enforced_by[LimitKind::io] = Mechanism::cgroup;
  }
  return run;
}

RunGroup::~RunGroup() {
  remove(parent_, name_, directory_.get());
}

std::chrono::nanoseconds RunGroup::cpu_time() const {
  return std::chrono::microseconds(value_of(read_at(fd(), "cpu.stat"), "usage_usec"));
}

Usage RunGroup::usage() const {
  Usage usage;
  const std::string cpu = read_at(fd(), "cpu.stat");
  usage.user = std::chrono::microseconds(value_of(cpu, "user_usec"));
  usage.system = std::chrono::microseconds(value_of(cpu, "system_usec"));
  usage.throttled = std::chrono::microseconds(value_of(cpu, "throttled_usec"));
  usage.peak_memory_bytes = number_in(fd(), "memory.peak");
  if (const auto tasks = number_in(fd(), "pids.peak"))
    usage.peak_tasks = static_cast<std::uint32_t>(*tasks);
  for (const char* resource : {"cpu", "memory", "io"})
    if (const auto waited = pressure_in(fd(), (std::string(resource) + ".pressure").c_str()))
      usage.pressure[resource] = *waited;
  const std::string memory = read_at(fd(), "memory.events");
  usage.oom_kills = value_of(memory, "oom_kill");
  usage.out_of_memory = value_of(memory, "oom");
  usage.refused_tasks = value_of(read_at(fd(), "pids.events"), "max");
  if (const std::string io = read_at(fd(), "io.stat"); !io.empty()) {
    usage.read_bytes = sum_of(io, "rbytes");
    usage.written_bytes = sum_of(io, "wbytes");
  }
  return usage;
}

}  // namespace cloche::cgroup
