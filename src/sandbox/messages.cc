#include "sandbox/messages.h"

#include <unistd.h>

#include <cstdlib>

#include "cloche/error.h"
#include "sandbox/launch/wire.h"
#include "sandbox/protocol.h"

namespace cloche {

namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, "make a sandbox: " + what);
}

bool is_absolute(const std::string& path) {
  return path.starts_with('/');
}

// The numbers and ranges of cpuset(7), "0-1,4", as the bits of sched_setaffinity(2).
void parse_cpus(const std::string& text, std::uint64_t (&bits)[16]) {
  const auto malformed = [&text] {
    throw Error(ErrorKind::usage, "bind a run to the CPUs \"" + text + "\"", 0,
                "write numbers and ranges, such as 0-1,4");
  };
  constexpr unsigned kCpus = 64 * 16;
  const char* next = text.c_str();
  for (;;) {
    char* end = nullptr;
    if (*next < '0' || *next > '9') malformed();
    const unsigned long first = std::strtoul(next, &end, 10);
    unsigned long last = first;
    if (*end == '-') {
      next = end + 1;
      if (*next < '0' || *next > '9') malformed();
      last = std::strtoul(next, &end, 10);
    }
    if (last < first || last >= kCpus) malformed();
    for (unsigned long cpu = first; cpu <= last; ++cpu) bits[cpu / 64] |= 1ull << (cpu % 64);
    if (*end == '\0') return;
    if (*end != ',') malformed();
    next = end + 1;
  }
}

}  // namespace

void check_spec(const Spec& spec) {
  if (spec.rootfs.empty()) refuse("no root file system is given");
  if (!is_absolute(spec.work_dir)) refuse("the work directory must be an absolute path");
  if (spec.hostname.empty() || spec.hostname.size() > 64)
    refuse("a host name has 1 to 64 characters");
  for (const Tmpfs& each : spec.tmpfs) {
    if (!is_absolute(each.target) || each.target == "/")
      refuse("a tmpfs needs an absolute target other than /: " + each.target);
    if (each.bytes == 0 || each.inodes == 0) refuse("a tmpfs needs a size: " + each.target);
  }
  if (spec.writable && (spec.writable->bytes == 0 || spec.writable->inodes == 0))
    refuse("a writable layer needs a size");
  for (const std::uint32_t id : {spec.user.id, spec.user.group})
    if (id == 0 || id == ~0u) refuse("a program's user and group have numbers other than 0");
  for (const Bind& each : spec.binds)
    if (!is_absolute(each.source) || !is_absolute(each.target))
      refuse("a bind needs absolute paths: " + each.source + " at " + each.target);
}

std::string setup_message(const Spec& spec, const seccomp::Filter& filter, bool as_root,
                          bool control_groups) {
  MessageBuilder builder(sizeof(protocol::Setup));
  protocol::Setup setup{};
  setup.rootfs = builder.text(spec.rootfs);
  setup.hostname = builder.text(spec.hostname);
  setup.work_dir = builder.text(spec.work_dir);
  std::vector<protocol::Bind> binds;
  for (const Bind& each : spec.binds)
    binds.push_back({builder.text(each.source), builder.text(each.target)});
  setup.binds = builder.list(binds);
  std::vector<protocol::Tmpfs> tmpfs;
  for (const Tmpfs& each : spec.tmpfs)
    tmpfs.push_back({builder.text(each.target), each.inodes, each.bytes});
  setup.tmpfs = builder.list(tmpfs);
  setup.shm_bytes = spec.shm_bytes;
  if (spec.writable) {
    setup.writable_bytes = spec.writable->bytes;
    setup.writable_inodes = spec.writable->inodes;
  }
  setup.program = {spec.user.id, spec.user.group};
  setup.map_ids_of_user = as_root ? 0 : 1;
  setup.user_id = ::geteuid();
  setup.group_id = ::getegid();
  setup.loopback = spec.network == Network::loopback ? 1 : 0;
  setup.control_groups = control_groups ? 1 : 0;
  setup.refusal = filter.fallback;
  setup.exec_by_descriptor = filter.exec_by_descriptor ? 1 : 0;
  return builder.finish(setup);
}

Enforcement enforcement(const Limits& limits) {
  Enforcement by;
  by[LimitKind::output] = Mechanism::launcher;
  by[LimitKind::disk] = Mechanism::tmpfs;
  if (limits.wall_time.count() > 0) by[LimitKind::wall_time] = Mechanism::timer;
  if (limits.cpu_time.count() > 0) by[LimitKind::cpu_time] = Mechanism::supervision;
  if (limits.memory_bytes != 0) by[LimitKind::memory] = Mechanism::supervision;
  if (limits.tasks != 0) by[LimitKind::tasks] = Mechanism::rlimit;
  if (limits.cpus > 0) by[LimitKind::cpus] = Mechanism::none;
  if (!limits.cpuset.empty()) by[LimitKind::cpuset] = Mechanism::affinity;
  if (!limits.io_max.empty()) by[LimitKind::io] = Mechanism::none;
  if (limits.file_bytes != 0) by[LimitKind::file_size] = Mechanism::rlimit;
  if (limits.open_files != 0) by[LimitKind::open_files] = Mechanism::rlimit;
  if (limits.stack_bytes != 0) by[LimitKind::stack] = Mechanism::rlimit;
  return by;
}

void require_exact(const Enforcement& enforced) {
  for (const auto& [limit, mechanism] : enforced)
    if (mechanism == Mechanism::none || mechanism == Mechanism::supervision ||
        mechanism == Mechanism::affinity)
      throw Error(ErrorKind::unsupported,
                  "enforce the " + std::string(to_string(limit)) + " limit exactly", 0,
                  "it needs a cgroup v2 controller; without --strict it is " +
                      std::string(mechanism == Mechanism::none ? "ignored" : "approximated"));
}

std::string exec_message(const Spec& spec, const Command& command, const Limits& limits,
                         const Enforcement& enforced, bool init_is_same_user) {
  MessageBuilder builder(sizeof(protocol::Exec));
  protocol::Exec exec{};
  exec.argv = builder.strings(command.argv);
  exec.environment = builder.strings(command.environment ? *command.environment : spec.environment);
  exec.work_dir = builder.text(command.work_dir ? *command.work_dir : spec.work_dir);
  exec.wall_ns = static_cast<std::uint64_t>(limits.wall_time.count());
  const auto is_by = [&enforced](LimitKind limit, Mechanism mechanism) {
    const auto found = enforced.find(limit);
    return found != enforced.end() && found->second == mechanism;
  };
  const auto cpu = static_cast<std::uint64_t>(limits.cpu_time.count());
  const auto grace = static_cast<std::uint64_t>(limits.cpu_grace.count());
  if (is_by(LimitKind::cpu_time, Mechanism::supervision)) exec.cpu_ns = cpu;
  exec.cpu_grace_ns = grace;
  exec.cpu_last_ns = cpu == 0 ? 0 : cpu + grace;
  if (is_by(LimitKind::memory, Mechanism::supervision)) exec.memory_bytes = limits.memory_bytes;
  if (!limits.cpuset.empty()) parse_cpus(limits.cpuset, exec.affinity);
  exec.file_bytes = limits.file_bytes;
  exec.stack_bytes = limits.stack_bytes;
  exec.open_files = limits.open_files;
  exec.program_tasks = limits.tasks;
  // RLIMIT_NPROC counts init, too, if init is the same user. A control group counts only the
  // program's tasks.
  if (is_by(LimitKind::tasks, Mechanism::rlimit))
    exec.tasks = limits.tasks + (init_is_same_user ? 1 : 0);
  exec.channel_fd = command.channel ? command.channel->fd : -1;
  return builder.finish(exec);
}

}  // namespace cloche
