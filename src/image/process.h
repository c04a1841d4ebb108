// Starting the programs that the image room needs: its own unpacker, and mmdebstrap.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cloche::image {

// A child process. One that still runs when its owner goes is killed; and when the thread that
// started it dies, however that happens, it gets `on_parent_death`.
class Process {
 public:
  struct Spec {
    std::vector<std::string> argv;         // argv[0] is looked up in PATH unless it has a slash
    std::vector<std::string> environment;  // "NAME=value"; nothing is inherited
    // (theirs, ours): descriptor `ours` becomes `theirs`. All others are closed.
    std::vector<std::pair<int, int>> descriptors;
    std::string directory;  // working directory; empty: ours
    int on_parent_death = 9;
    // It leads a process group of its own, and what it started is ended with it.
    bool own_group = false;
    // What it mounts is seen by nobody else and goes with it, where this process may arrange that.
    bool own_mounts = false;
  };
  explicit Process(const Spec& spec);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  // Sends the signal to it, or to its group.
  void signal(int number);
  // Waits for its end: the status of waitpid(2). What is left of its group then is killed; if it
  // was sent a signal, only after a minute, in which it may clean up.
  int wait();

 private:
  pid_t pid_ = -1;
  bool own_group_ = false;
  bool signalled_ = false;
};

// Reads what a process writes through `fd` until it ends. When `cancel` becomes readable, the
// process is asked to end (SIGTERM), and what it still says is read: it cleans up after itself, for
// which it has 30 s. -1: it never does. Returns whether that happened.
bool follow(Process& process, int fd, int cancel,
            const std::function<void(const std::string& bytes)>& heard);

// What waitpid(2) says, in words: "exit status 2", "signal 9".
std::string ending(int status);

}  // namespace cloche::image
