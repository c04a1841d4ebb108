#include "cloche/sandbox.h"

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "cloche/error.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/launch/identity.h"
#include "sandbox/launch/launch.h"
#include "sandbox/launch/wire.h"
#include "sandbox/messages.h"
#include "sandbox/process.h"
#include "sandbox/running_program.h"
#include "sandbox/seccomp/seccomp.h"
#include "sandbox/session.h"
#include "util/file.h"

namespace cloche {

class Sandbox::Impl {
 public:
  explicit Impl(const Spec& spec) : spec_(spec) {
    check_spec(spec_);
    session_.work_dir = spec_.work_dir;
    const auto begin = std::chrono::steady_clock::now();
    const bool as_root = IdentityLease::possible();
    const seccomp::Filter filter = seccomp::load(spec_.seccomp);
    const UniqueFd launcher(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!launcher) throw Error::from_errno("open a descriptor of this process", errno);
    if (as_root) identity_.emplace(IdentityLease::take());
    const uid_t starter = identity_ ? identity_->first_id() : ::geteuid();
    groups_ = cgroup::Groups::create(starter, spec_.limits.cpu_time.count() > 0);
    session_.init = launch_init(groups_ ? groups_->init_fd() : -1);
    try {
      if (identity_) identity_->map(session_.init.pid, spec_.user);
      std::vector<int> descriptors = {filter.program.get(), launcher.get()};
      UniqueFd root;
      if (identity_ && spec_.writable) {
        root = identity_->own_files(spec_.rootfs);
        descriptors.push_back(root.get());
      }
      send_message(session_.socket(), protocol::Type::setup,
                   setup_message(spec_, filter, as_root, groups_ != nullptr), descriptors);
      receive_done(session_.socket());
    } catch (...) {
      end();
      throw;
    }
    times_.create = std::chrono::steady_clock::now() - begin;
  }

  ~Impl() { close(); }

  // `command` must outlive the program.
  std::unique_ptr<RunningProgram> start(const Command& command, bool controlled) {
    if (command.argv.empty()) throw Error(ErrorKind::usage, "run a program: none is given");
    if (command.channel && (command.channel->fd < 3 || command.channel->fd > 9))
      throw Error(ErrorKind::usage, "run a program: a channel's first descriptor is 3 to 9");
    session_.require_idle("run a program");
    Start start;
    start.limits = command.limits ? *command.limits : spec_.limits;
    start.enforced_by = enforcement(start.limits);
    if (groups_) start.group = groups_->begin(start.limits, start.enforced_by);
    if (spec_.strict) require_exact(start.enforced_by);
    const std::string message =
        exec_message(spec_, command, start.limits, start.enforced_by, !identity_);
    auto program =
        std::make_unique<RunningProgram>(session_, command, std::move(start), controlled);
    program->start(message);
    return program;
  }

  Result exec(const Command& command) {
    const HoldBrokenPipe hold;
    const auto program = start(command, false);
    while (!program->turn(-1)) {
    }
    return program->take_result();
  }

  void put(std::string_view path, std::string_view content, unsigned mode) {
    session_.put(path, content, mode);
  }

  std::optional<std::string> get(std::string_view path, std::uint64_t max_bytes) {
    session_.require_idle("get a file of a sandbox");
    MessageBuilder builder(sizeof(protocol::Get));
    protocol::Get message{};
    message.path = builder.text(session_.inside(path));
    message.max_bytes = max_bytes;
    const UniqueFd file = memory_file({});
    try {
      session_.ask(protocol::Type::get, builder.finish(message), file.get());
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
    session_.require_idle("save the files of a sandbox");
    const protocol::Save message{max_bytes};
    UniqueFd file = memory_file({});
    session_.ask(protocol::Type::save, {reinterpret_cast<const char*>(&message), sizeof message},
                 file.get());
    return file;
  }

  void load(int snapshot) {
    session_.require_idle("load files into a sandbox");
    session_.ask(protocol::Type::load, {}, snapshot);
  }

  void close() {
    if (session_.init.pid < 0) return;
    const auto begin = std::chrono::steady_clock::now();
    end();
    if (session_.running != nullptr) session_.running->sandbox_closed();
    groups_.reset();
    identity_.reset();
    times_.teardown = std::chrono::steady_clock::now() - begin;
  }

  SandboxTimes times() const { return times_; }

 private:
  void end() {
    if (session_.init.pid < 0) return;
    // When PID 1 ends, the kernel first kills and reaps all other processes of its namespace.
    ::syscall(SYS_pidfd_send_signal, session_.init.pidfd.get(), SIGKILL, nullptr, 0);
    // If a container forbids that call, init ends by itself once the socket is closed.
    session_.init.socket.reset();
    siginfo_t gone{};
    while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(session_.init.pidfd.get()),
                    &gone, WEXITED | __WALL) != 0 &&
           errno == EINTR) {
    }
    session_.init = {};
  }

  const Spec spec_;
  std::optional<IdentityLease> identity_;
  std::unique_ptr<cgroup::Groups> groups_;
  InitSession session_;
  SandboxTimes times_;
};

Sandbox::Sandbox(const Spec& spec) : impl_(std::make_unique<Impl>(spec)) {}
Sandbox::~Sandbox() = default;
Sandbox::Sandbox(Sandbox&&) noexcept = default;
Sandbox& Sandbox::operator=(Sandbox&&) noexcept = default;

Process Sandbox::start(Command command) {
  auto process = std::make_unique<Process::Impl>(std::move(command));
  process->hold(impl_->start(process->command(), true));
  return Process(std::move(process));
}
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
