// Running one program to its end.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/clone.h"
#include "sandbox/init/program.h"
#include "sandbox/init/requests.h"
#include "sandbox/init/watch.h"

namespace cloche::init {

namespace {

// Kills every process of the execution. fork(2) fails once a signal is pending, so one round kills
// all processes; the loop only waits for their end.
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

// When the host runs out of memory, the kernel must kill the program first, not init. A program
// inherits the score that init has at its start. This helps the kernel to choose and is no limit.
void set_oom_score(const World& world, const char* score) {
  if (world.oom_fd >= 0 && pwrite(world.oom_fd, score, strlen(score), 0) < 0) errno = 0;
}

// An empty string at an address that cannot be guessed. Null if there is no memory.
const char* hidden_empty_string() {
  static char* page = nullptr;
  if (page == nullptr) {
    std::uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) return nullptr;
    // A place in the lower half of the 47 bits that programs have; the kernel takes the nearest
    // free one.
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
long start(ProgramStart& program, int group) {
  CloneStack stack;
  clone_args args{};
  // Both processes share descriptors at first: the listener of the program's filter must become
  // init's, too.
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_CLEAR_SIGHAND;
  args.exit_signal = SIGCHLD;
  if (group >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<std::uint64_t>(group);
  }
  stack.give_to(args);
  char before[16];
  const ssize_t length = pread(program.world->oom_fd, before, sizeof before - 1, 0);
  set_oom_score(*program.world, "1000");
  const long pid = clone3_run(&args, start_program, &program);
  before[length < 0 ? 0 : length] = '\0';
  if (length > 0) set_oom_score(*program.world, before);
  if (program.world->exec_by_descriptor) close(protocol::kProgramDescriptor);
  return pid;
}

// The use from `before` until now. CPU time that was sampled but never waited for (see enough_cpu)
// is reported as user time: its division is unknown.
void account(const ChildrenUse& before, protocol::Ended& ended) {
  const ChildrenUse after = ChildrenUse::now();
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
  if (signals < 0) return reply_not_started(InitStep::watch_children, errno);

  Denials denials(world);
  ProgramStart program{};
  program.world = &world;
  program.exec = &exec;
  program.message = &message;
  program.denials = &denials;
  program.argv = message.pointers(exec.argv);
  program.environment = message.pointers(exec.environment);
  if (world.exec_by_descriptor && (program.empty_path = hidden_empty_string()) == nullptr) {
    close(signals);
    return reply_not_started(InitStep::hide_path, errno);
  }
  for (char* const* entry = program.environment; *entry != nullptr; ++entry)
    if (strncmp(*entry, "PATH=", 5) == 0) program.search_path = *entry + 5;

  const ChildrenUse before = ChildrenUse::now();
  const std::uint64_t begin = now();
  const int group = world.control_groups ? message.fds[message.fd_count - 1] : -1;
  const long pid = start(program, group);
  if (pid < 0) {
    close(signals);
    return reply_not_started(InitStep::start_process, static_cast<int>(-pid));
  }
  // The program has its own copies. Copies held here would keep its pipes open.
  message.drop_descriptors();
  IncomingFile incoming(world);
  if (program.failed == 0)
    Watch(world, exec, denials, incoming, static_cast<pid_t>(pid), signals, begin).run(ended);
  end_all(static_cast<pid_t>(pid), ended);
  incoming.finish();
  if (program.failed != 0 && program.preparing) {
    close(signals);
    const bool at_work_dir = program.step == InitStep::enter_work_dir;
    return reply_not_started(program.step, program.failed,
                             at_work_dir ? message.text(exec.work_dir) : "");
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
