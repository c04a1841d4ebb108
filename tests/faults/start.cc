#include "start.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "util/fd.h"
#include "util/file.h"

using cloche::UniqueFd;

Prepared run_prepared(const std::vector<std::string>& arguments,
                      const std::function<void()>& prepare,
                      const std::vector<std::string>& environment) {
  const UniqueFd in(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd out = cloche::memory_file({}), err = cloche::memory_file({});
  std::vector<const char*> argv = {CLOCHE_PROGRAM}, variables;
  for (const std::string& each : arguments) argv.push_back(each.c_str());
  argv.push_back(nullptr);
  for (const std::string& each : environment) variables.push_back(each.c_str());
  variables.push_back(nullptr);
  char** const environ_of = environment.empty() ? environ : const_cast<char**>(variables.data());
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::dup2(in.get(), 0);
    ::dup2(out.get(), 1);
    ::dup2(err.get(), 2);
    ::syscall(SYS_close_range, 3, ~0u, 0);
    if (prepare) prepare();
    ::execve(argv[0], const_cast<char* const*>(argv.data()), environ_of);
    ::_exit(200);
  }
  Prepared result;
  const UniqueFd end(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
  pollfd ended{end.get(), POLLIN, 0};
  if (::poll(&ended, 1, 20'000) == 0) {
    result.hung = true;
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ::lseek(out.get(), 0, SEEK_SET);
  ::lseek(err.get(), 0, SEEK_SET);
  result.out = cloche::read_all(out.get(), "output");
  result.err = cloche::read_all(err.get(), "errors");
  return result;
}
