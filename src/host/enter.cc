#include "host/enter.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cloche::host {

namespace {

constexpr const char* kMakeStep = "make a user namespace";
constexpr const char* kMapStep = "map ids into a user namespace";

long clone_into(std::uint64_t flags) {
  clone_args args{};
  args.flags = flags;
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid >= 0 || errno != ENOSYS) return pid;
  return ::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, 0);
}

bool write_file(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  return fd >= 0 && ::write(fd, text, std::strlen(text)) >= 0 && ::close(fd) == 0;
}

bool map_ids(const IdMaps& maps) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", maps.users.c_str()) &&
         write_file("/proc/self/gid_map", maps.groups.c_str());
}

// Lets the new process go on. The calling process waits for its end and then ends, too.
void hand_over(Attempt& self, long pid) {
  if (pid == 0) return;
  int status = 0;
  ::waitpid(static_cast<pid_t>(pid), &status, __WALL);
  if (WIFSIGNALED(status)) self.signal = WTERMSIG(status);
  ::_exit(0);
}

}  // namespace

IdMaps::IdMaps()
    : users("0 " + std::to_string(::geteuid()) + " 1\n"),
      groups("0 " + std::to_string(::getegid()) + " 1\n") {}

bool enter(Attempt& self, std::uint64_t flags, const IdMaps& maps) {
  // Make the user namespace alone first: a failure of the others is another finding.
  self.step = kMakeStep;
  const long outer = clone_into(CLONE_NEWUSER);
  if (outer < 0) return false;
  hand_over(self, outer);
  // Without /proc the maps cannot be written; that is a finding of its own.
  self.step = kMapStep;
  if (!map_ids(maps) && errno != ENOENT) return false;
  if (flags == 0) return true;
  self.step = "make further namespaces";
  const long inner = clone_into(flags);
  if (inner < 0) return false;
  hand_over(self, inner);
  return true;
}

bool lacks_user_namespace(const Attempt& trial) {
  return !trial.good() &&
         (std::strcmp(trial.step, kMakeStep) == 0 || std::strcmp(trial.step, kMapStep) == 0);
}

HostFinding untried(const char* name, HostLevel level) {
  return {name, level, "not tried: there are no user namespaces"};
}

}  // namespace cloche::host
