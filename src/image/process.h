// Starts the programs that the image room needs: its own unpacker, and mmdebstrap.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cloche::image {

// How to start a child process.
struct ChildSpec {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH unless it has a slash
  std::vector<std::string> environment;  // "NAME=value"; nothing is inherited
  // (theirs, ours): the child gets `ours` as the number `theirs`. All other descriptors are closed.
  std::vector<std::pair<int, int>> descriptors;
  std::string directory;  // working directory; empty: ours
  int on_parent_death = 9;
  // The child leads a process group of its own, and all processes of that group end with it.
  bool own_group = false;
  // The child gets a mount namespace of its own, if this process may make one. Its mounts are
  // private and end with it.
  bool own_mounts = false;
};

// A child process. The destructor kills it if it still runs. When the thread that started it dies,
// for any reason, the child gets the signal `on_parent_death`.
class ChildProcess {
 public:
  explicit ChildProcess(const ChildSpec& spec);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  // Sends the signal to the child, or to its group.
  void signal(int number);
  // Waits for the child's end and returns the status of waitpid(2). Then kills the rest of its
  // group. If the child was sent a signal, the group first gets a minute to clean up.
  int wait();

 private:
  pid_t pid_ = -1;
  bool own_group_ = false;
  bool signalled_ = false;
};

// Reads the output that a process writes through `fd` until its end. When `cancel` becomes
// readable, asks the process to end (SIGTERM) and reads on while it cleans up, for at most 30 s.
// -1: it never does. Returns whether the process was cancelled.
bool follow(ChildProcess& process, int fd, int cancel,
            const std::function<void(const std::string& bytes)>& heard);

// A status of waitpid(2) in words: "exit status 2", "signal 9".
std::string ending(int status);

}  // namespace cloche::image
