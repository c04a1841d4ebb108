#include "host/attempt.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace cloche::host {

std::string Attempt::words() const {
  std::string text = step;
  if (signal != 0) return text + ": killed by " + ::strsignal(signal);
  return text + ": " + ::strerror(errnum);
}

Attempt attempt(const std::function<bool(Attempt&)>& work) {
  Attempt failed;
  failed.step = "start a process";
  void* memory =
      ::mmap(nullptr, sizeof(Attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    failed.errnum = errno;
    return failed;
  }
  auto* shared = new (memory) Attempt;
  // The plain clone(2), without an exit signal and without handlers of fork(3), so that an
  // embedding program notices nothing. clone3(2) is not used, because it is one of the probed
  // calls.
  const long pid = ::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0);
  if (pid == 0) {
    errno = 0;
    if (!work(*shared)) shared->errnum = errno != 0 ? errno : EIO;
    ::_exit(0);
  }
  if (pid < 0) {
    failed.errnum = errno;
    ::munmap(memory, sizeof(Attempt));
    return failed;
  }
  int status = 0;
  while (::waitpid(static_cast<pid_t>(pid), &status, __WALL) < 0 && errno == EINTR) {
  }
  Attempt result = *shared;
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  ::munmap(memory, sizeof(Attempt));
  return result;
}

}  // namespace cloche::host
