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

}  // namespace

ChildProcess::ChildProcess(const ChildSpec& spec) : own_group_(spec.own_group) {
  const std::string program = find_program(spec.argv.at(0));
  if (program.empty())
    throw Error(ErrorKind::unsupported, "start " + spec.argv[0], 0, "it is not in PATH");
  // Everything that allocates is done before the fork, because the caller may have threads.
  const std::vector<char*> argv = pointers(spec.argv);
  const std::vector<char*> environment = pointers(spec.environment);
  constexpr int kAbove = 64;
  std::vector<UniqueFd> lifted;  // duplicated to high numbers, so that no target number is in use
  int highest = 2;
  for (const auto& [theirs, ours] : spec.descriptors) {
    lifted.emplace_back(::fcntl(ours, F_DUPFD_CLOEXEC, kAbove));
    if (!lifted.back()) throw Error::from_errno("duplicate a descriptor", errno);
    highest = std::max(highest, theirs);
  }
  UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) throw Error::from_errno("start " + program, errno);
  Pipe report = make_pipe();
  UniqueFd report_out(::fcntl(report.write.get(), F_DUPFD_CLOEXEC, kAbove));
  report.write.reset();
  const pid_t parent = ::getpid();

  pid_ = ::fork();
  if (pid_ < 0) throw Error::from_errno("fork", errno);
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, spec.on_parent_death, 0, 0, 0);
    if (::getppid() != parent) ::_exit(127);
    if (spec.own_group) ::setpgid(0, 0);
    if (spec.own_mounts && ::unshare(CLONE_NEWNS) == 0)
      ::mount("none", "/", nullptr, MS_REC | MS_SLAVE, nullptr);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    bool good = true;
    for (int fd = 0; fd <= 2; ++fd) {
      bool given = false;
      for (const auto& pair : spec.descriptors) given = given || pair.first == fd;
      if (!given) good = good && ::dup2(null.get(), fd) >= 0;
    }
    for (std::size_t i = 0; i < lifted.size(); ++i)
      good = good && ::dup2(lifted[i].get(), spec.descriptors[i].first) >= 0;
    for (int fd = 3; fd < kAbove && fd <= highest; ++fd) {
      bool given = false;
      for (const auto& pair : spec.descriptors) given = given || pair.first == fd;
      if (!given) ::close(fd);
    }
    ::close_range(static_cast<unsigned>(highest) + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    if (good && !spec.directory.empty()) good = ::chdir(spec.directory.c_str()) == 0;
    if (good) ::execve(program.c_str(), argv.data(), environment.data());
    const int failed = errno;
    static_cast<void>(::write(report_out.get(), &failed, sizeof failed) < 0);
    ::_exit(127);
  }
  report_out.reset();
  int failed = 0;
  ssize_t count = 0;
  do {
    count = ::read(report.read.get(), &failed, sizeof failed);
  } while (count < 0 && errno == EINTR);
  if (count == sizeof failed) {
    wait();
    throw Error::from_errno("start " + program, failed);
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
