#include "image/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "cloche/error.h"
#include "util/fd.h"
#include "util/file.h"
#include "util/lookup.h"

namespace cloche::image {

namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
  list.push_back(nullptr);
  return list;
}

// Whether a process of the group runs. Zombies do not count: if the first process of a container
// reaps nobody, they stay for ever.
bool is_alive(pid_t group) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    if (!std::getline(file, stat)) continue;
    // "PID (COMMAND) STATE PPID PGRP ..."
    std::istringstream rest(stat.substr(stat.rfind(')') + 1));
    char state = 0;
    pid_t parent = 0, its = 0;
    if (rest >> state >> parent >> its && its == group && state != 'Z') return true;
  }
  return false;
}

// The group's processes are not this process's children, so waitpid(2) cannot wait for them. Poll
// instead.
void end_group(pid_t group, bool patiently) {
  constexpr int kTries = 3000, kPause = 20;  // ms
  for (int i = 0; patiently && i < kTries && ::kill(-group, 0) == 0 && is_alive(group); ++i)
    ::poll(nullptr, 0, kPause);
  ::kill(-group, SIGKILL);
}

// The numbers from here on are free for duplicates.
constexpr int kAbove = 64;

// The data that a child needs until its exec. The child borrows this process's memory, so it must
// neither allocate nor take locks.
struct ChildStart {
  const ChildSpec& spec;
  const char* program;
  char* const* argv;
  char* const* environment;
  std::vector<std::pair<int, int>> descriptors;  // (theirs, lifted)
  int highest = 2;                               // of theirs
  int null = -1;
  pid_t parent = -1;
  int failed = 0;  // set by the child: errno of the step that failed

  bool gives(int fd) const {
    for (const auto& pair : descriptors)
      if (pair.first == fd) return true;
    return false;
  }
};

// Signals that this process ignores stay ignored, but for SIGPIPE.
void reset_signals() {
  struct sigaction action {};
  for (int number = 1; number < NSIG; ++number) {
    if (::sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    if (action.sa_handler != SIG_IGN || number == SIGPIPE) ::signal(number, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Becomes the program. Returns if it cannot.
void become(ChildStart& start) {
  ::prctl(PR_SET_PDEATHSIG, start.spec.on_parent_death, 0, 0, 0);
  if (::getppid() != start.parent) return;
  if (start.spec.own_group) ::setpgid(0, 0);
  if (start.spec.own_mounts && ::unshare(CLONE_NEWNS) == 0)
    ::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr);
  reset_signals();
  bool good = true;
  for (int fd = 0; fd <= 2; ++fd)
    if (!start.gives(fd)) good = good && ::dup2(start.null, fd) >= 0;
  for (const auto& [theirs, lifted] : start.descriptors) good = good && ::dup2(lifted, theirs) >= 0;
  for (int fd = 3; fd < kAbove && fd <= start.highest; ++fd)
    if (!start.gives(fd)) ::close(fd);
  ::close_range(static_cast<unsigned>(start.highest) + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  if (good && !start.spec.directory.empty()) good = ::chdir(start.spec.directory.c_str()) == 0;
  if (good) ::execve(start.program, start.argv, start.environment);
  start.failed = errno;
}

// vfork(2) costs the same however much memory this process has; fork(2) copies its page tables.
pid_t spawn(ChildStart& start) {
  const pid_t pid = ::vfork();
  if (pid != 0) return pid;
  become(start);
  ::_exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const ChildSpec& spec) : own_group_(spec.own_group) {
  const std::string program = find_program(spec.argv.at(0));
  if (program.empty())
    throw Error(ErrorKind::unsupported, "start " + spec.argv[0], 0, "it is not in PATH");
  const std::vector<char*> argv = pointers(spec.argv);
  const std::vector<char*> environment = pointers(spec.environment);
  std::vector<UniqueFd> lifted;  // duplicated to high numbers, so that no target number is in use
  ChildStart start{spec, program.c_str(), argv.data(), environment.data()};
  for (const auto& [theirs, ours] : spec.descriptors) {
    lifted.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, kAbove));
    if (!lifted.back()) throw Error::from_errno("duplicate a descriptor", errno);
    start.descriptors.emplace_back(theirs, lifted.back().get());
    start.highest = std::max(start.highest, theirs);
  }
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw Error::from_errno("start " + program, errno);
  start.null = null.get();
  start.parent = ::getpid();

  // No handler of this process may run in the child.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_ = spawn(start);
  const int failed = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid_ < 0) throw Error::from_errno("fork", failed);
  if (start.failed != 0) {
    wait();
    throw Error::from_errno("start " + program, start.failed);
  }
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  signal(SIGKILL);
  wait();
}

void ChildProcess::signal(int number) {
  signalled_ = true;
  ::kill(own_group_ ? -pid_ : pid_, number);
}

int ChildProcess::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno == EINTR) continue;
    const int failed = errno;
    pid_ = -1;
    throw Error::from_errno("wait for a child process", failed,
                            "the program must not wait for children it did not start");
  }
  const pid_t group = own_group_ ? pid_ : -1;
  pid_ = -1;
  if (group > 0) end_group(group, signalled_);
  return status;
}

bool follow(ChildProcess& process, int fd, int cancel,
            const std::function<void(const std::string&)>& heard) {
  constexpr int kCleanUp = 30'000;  // ms
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0)));
  if (!end) throw Error::from_errno("watch a child process", errno);
  bool cancelled = false;
  int from = fd;
  char buffer[4096];
  for (;;) {
    pollfd watched[3] = {
        {from, POLLIN, 0}, {cancelled ? -1 : cancel, POLLIN, 0}, {end.get(), POLLIN, 0}};
    const int ready = ::poll(watched, 3, cancelled ? kCleanUp : -1);
    if (ready < 0 && errno != EINTR) throw Error::from_errno("wait for a child process", errno);
    if (ready < 0) continue;
    if (ready == 0) process.signal(SIGKILL);
    if (watched[1].revents != 0) {
      cancelled = true;
      process.signal(SIGTERM);
    }
    if (watched[0].revents == 0) {
      // All output is read. A process that it left running may keep the other end open for ever.
      if (watched[2].revents != 0) return cancelled;
      continue;
    }
    const ssize_t count = ::read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0)
      from = -1;  // EIO: all ends of a terminal are closed
    else
      heard(std::string(buffer, static_cast<std::size_t>(count)));
  }
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace cloche::image
