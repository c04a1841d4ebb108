#include "cloche/sandbox.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <type_traits>

#include "cloche/error.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/launch/identity.h"
#include "sandbox/launch/launch.h"
#include "sandbox/launch/wire.h"
#include "sandbox/seccomp/seccomp.h"
#include "sandbox/supervise.h"
#include "util/file.h"

namespace cloche {

namespace {

using Enforcement = std::map<LimitKind, Mechanism>;

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

void check(const Spec& spec) {
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

}  // namespace

class Sandbox::Impl {
 public:
  explicit Impl(const Spec& spec) : spec_(spec) {
    check(spec_);
    const auto begin = std::chrono::steady_clock::now();
    const bool as_root = IdentityLease::possible();
    const seccomp::Filter filter = seccomp::load(spec_.seccomp);
    const UniqueFd launcher(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!launcher) throw Error::from_errno("open a descriptor of this process", errno);
    if (as_root) identity_.emplace(IdentityLease::take());
    const uid_t starter = identity_ ? identity_->first_id() : ::geteuid();
    groups_ = cgroup::Groups::create(starter, spec_.limits.cpu_time.count() > 0);
    init_ = launch_init(groups_ ? groups_->init_fd() : -1);
    try {
      if (identity_) identity_->map(init_.pid, spec_.user);
      std::vector<int> descriptors = {filter.program.get(), launcher.get()};
      UniqueFd root;
      if (identity_ && spec_.writable) {
        root = identity_->own_files(spec_.rootfs);
        descriptors.push_back(root.get());
      }
      send_message(init_.socket.get(), protocol::Type::setup,
                   setup_message(spec_, filter, as_root, groups_ != nullptr), descriptors);
      receive_done(init_.socket.get());
    } catch (...) {
      end();
      throw;
    }
    times_.create = std::chrono::steady_clock::now() - begin;
  }

  ~Impl() { close(); }

  Result exec(const Command& command) {
    if (command.argv.empty()) throw Error(ErrorKind::usage, "run a program: none is given");
    const Limits& limits = command.limits ? *command.limits : spec_.limits;
    if (command.channel && (command.channel->fd < 3 || command.channel->fd > 9))
      throw Error(ErrorKind::usage, "run a program: a channel's first descriptor is 3 to 9");
    Enforcement enforced = enforcement(limits);
    const auto group = groups_ ? groups_->begin(limits, enforced) : nullptr;
    if (spec_.strict) require_exact(enforced);
    Supervision facts = guarded([&] {
      return supervise({init_.socket.get(), init_.pidfd.get(), group.get()}, command, limits,
                       exec_message(command, limits, enforced));
    });
    usable_ = usable_ && !facts.init_lost;
    if (group) facts.usage = group->usage();
    Result result = judge(std::move(facts), limits);
    result.enforced_by = std::move(enforced);
    return result;
  }

  void put(std::string_view path, std::string_view content, unsigned mode) {
    MessageBuilder builder(sizeof(protocol::Put));
    protocol::Put message{};
    message.path = builder.text(inside(path));
    message.mode = mode;
    const UniqueFd file = memory_file(content);
    ask(protocol::Type::put, builder.finish(message), file.get());
  }

  std::optional<std::string> get(std::string_view path, std::uint64_t max_bytes) {
    MessageBuilder builder(sizeof(protocol::Get));
    protocol::Get message{};
    message.path = builder.text(inside(path));
    message.max_bytes = max_bytes;
    const UniqueFd file = memory_file({});
    try {
      ask(protocol::Type::get, builder.finish(message), file.get());
    } catch (const Error& error) {
      // No such file, a link somewhere in the path, or something that is no regular file.
      const int errnum = error.errnum();
      if (errnum == ENOENT || errnum == ELOOP || errnum == ENOTDIR || errnum == EXDEV)
        return std::nullopt;
      throw;
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return read_all(file.get(), "a file of the sandbox");
  }

  UniqueFd save(std::uint64_t max_bytes) {
    const protocol::Save message{max_bytes};
    UniqueFd file = memory_file({});
    ask(protocol::Type::save, {reinterpret_cast<const char*>(&message), sizeof message},
        file.get());
    return file;
  }

  void load(int snapshot) { ask(protocol::Type::load, {}, snapshot); }

  void close() {
    if (init_.pid < 0) return;
    const auto begin = std::chrono::steady_clock::now();
    end();
    groups_.reset();
    identity_.reset();
    times_.teardown = std::chrono::steady_clock::now() - begin;
  }

  SandboxTimes times() const { return times_; }

 private:
  // The mechanisms that stand behind each limit without a control group.
  static Enforcement enforcement(const Limits& limits) {
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

  static void require_exact(const Enforcement& enforced) {
    for (const auto& [limit, mechanism] : enforced)
      if (mechanism == Mechanism::none || mechanism == Mechanism::supervision ||
          mechanism == Mechanism::affinity)
        throw Error(ErrorKind::unsupported,
                    "enforce the " + std::string(to_string(limit)) + " limit exactly", 0,
                    "it needs a cgroup v2 controller; without --strict it is " +
                        std::string(mechanism == Mechanism::none ? "ignored" : "approximated"));
  }

  std::string exec_message(const Command& command, const Limits& limits,
                           const Enforcement& enforced) {
    MessageBuilder builder(sizeof(protocol::Exec));
    protocol::Exec exec{};
    exec.argv = builder.strings(command.argv);
    exec.environment =
        builder.strings(command.environment ? *command.environment : spec_.environment);
    exec.work_dir = builder.text(command.work_dir ? *command.work_dir : spec_.work_dir);
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
    if (is_by(LimitKind::tasks, Mechanism::rlimit)) exec.tasks = limits.tasks + (identity_ ? 0 : 1);
    exec.channel_fd = command.channel ? command.channel->fd : -1;
    return builder.finish(exec);
  }

  std::string inside(std::string_view path) const {
    if (path.empty())
      throw Error(ErrorKind::usage, "name a file of the sandbox: the path is empty");
    if (path.front() == '/') return std::string(path);
    return spec_.work_dir + "/" + std::string(path);
  }

  // Has init do something with a file.
  void ask(protocol::Type type, std::string_view body, int file) {
    guarded([&] {
      send_message(init_.socket.get(), type, body, std::array{file});
      receive_done(init_.socket.get());
      return 0;
    });
  }

  // Calls `talk`. After a failure in the middle of a message the socket cannot be used any more.
  template <typename Talk>
  std::invoke_result_t<Talk> guarded(Talk talk) {
    if (!usable_) throw Error(ErrorKind::internal, "use a sandbox that has failed before");
    try {
      return talk();
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::internal) usable_ = false;
      throw;
    } catch (...) {
      usable_ = false;
      throw;
    }
  }

  void end() {
    if (init_.pid < 0) return;
    // When PID 1 ends, the kernel first kills and reaps all other processes of its namespace.
    ::syscall(SYS_pidfd_send_signal, init_.pidfd.get(), SIGKILL, nullptr, 0);
    // If a container forbids that call, init ends by itself once the socket is closed.
    init_.socket.reset();
    siginfo_t gone{};
    while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(init_.pidfd.get()), &gone,
                    WEXITED | __WALL) != 0 &&
           errno == EINTR) {
    }
    init_ = {};
  }

  const Spec spec_;
  std::optional<IdentityLease> identity_;
  std::unique_ptr<cgroup::Groups> groups_;
  Launched init_;
  SandboxTimes times_;
  bool usable_ = true;
};

Sandbox::Sandbox(const Spec& spec) : impl_(std::make_unique<Impl>(spec)) {}
Sandbox::~Sandbox() = default;
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;

Result Sandbox::exec(const Command& command) {
  return impl_->exec(command);
}
void Sandbox::put(std::string_view path, std::string_view content, unsigned mode) {
  impl_->put(path, content, mode);
}
std::optional<std::string> Sandbox::get(std::string_view path, std::uint64_t max_bytes) {
  return impl_->get(path, max_bytes);
}

struct Snapshot::Content {
  UniqueFd file;
};

Snapshot Sandbox::save(std::uint64_t max_bytes) {
  Snapshot snapshot;
  snapshot.content_ =
      std::make_shared<const Snapshot::Content>(Snapshot::Content{impl_->save(max_bytes)});
  return snapshot;
}
void Sandbox::load(const Snapshot& snapshot) {
  if (!snapshot.content_) throw Error(ErrorKind::usage, "put back a snapshot: it is empty");
  impl_->load(snapshot.content_->file.get());
}
void Sandbox::close() {
  impl_->close();
}
SandboxTimes Sandbox::times() const {
  return impl_->times();
}

}  // namespace cloche
