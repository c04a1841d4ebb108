#include "program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "util/fd.h"
#include "util/file.h"

namespace {

using cloche::UniqueFd;

// A file without a name: takes any amount without anyone reading at the same time.
UniqueFd memory_file() {
  UniqueFd fd(::memfd_create("cloche-test", MFD_CLOEXEC));
  if (!fd) throw std::runtime_error("memfd_create failed");
  return fd;
}

std::string content(const UniqueFd& fd) {
  ::lseek(fd.get(), 0, SEEK_SET);
  return cloche::read_all(fd.get(), "output");
}

// A child that becomes the program, its streams replaced.
pid_t start(const std::vector<std::string>& arguments, int in, int out, int err,
            const std::vector<std::string>& through = {}) {
  std::vector<std::string> words = through;
  words.push_back(CLOCHE_PROGRAM);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  return child;
}

}  // namespace

Ended run_cloche(const std::vector<std::string>& arguments, const std::string& input,
                 const std::vector<std::string>& through) {
  const UniqueFd in = memory_file(), out = memory_file(), err = memory_file();
  ::cloche::write_all(in.get(), input, "input");
  ::lseek(in.get(), 0, SEEK_SET);
  const pid_t child = start(arguments, in.get(), out.get(), err.get(), through);
  int status = 0;
  ::waitpid(child, &status, 0);
  Ended ended;
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ended.out = content(out);
  ended.err = content(err);
  return ended;
}

pid_t start_cloche(const std::vector<std::string>& arguments) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return start(arguments, null.get(), null.get(), null.get());
}
