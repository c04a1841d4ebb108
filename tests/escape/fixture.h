// Runs hostile programs in sandboxes, and observes their effects from the host.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "cloche/sandbox.h"
#include "util/fd.h"

// A root file system that holds /hostile and little else. Made once per test program, removed at
// its end.
const std::string& hostile_rootfs();

// A Spec for this root file system, with short limits for attacks.
cloche::Spec hostile_spec();
cloche::Limits tight_limits();

// The command that starts an act: {"GROUP", "ACT", ARGUMENT...}.
cloche::Command hostile(const std::vector<std::string>& words);

// Runs one act in a sandbox of its own.
cloche::Result attack(const std::vector<std::string>& words,
                      const cloche::Spec& spec = hostile_spec());

// Runs the same act on the host itself, without a sandbox, and returns its output. Only for
// harmless acts, to show that they work if nothing stops them.
std::string act_outside(const std::vector<std::string>& words);

// How many times slower this machine may be than the machine that the tests' times are made for:
// the value of CLOCHE_TEST_SLOW, or 1.
int slowness();

// "WHAT ANSWER" lines as a map. If there are several answers for one WHAT, "ok" wins.
std::map<std::string, std::string> answers(const std::string& output);
// Everything that was answered with "ok", separated by spaces.
std::string got_through(const std::string& output);

// 32 random hexadecimal digits. If they are found elsewhere, they come from here.
std::string random_text();

// Whether this kernel gives each sandbox inodes of its own.
bool has_own_inodes();

// A file of the host, with a random content.
class Canary {
 public:
  // The file lies in its own directory, which everyone may enter and only its owner may write to.
  explicit Canary(unsigned mode = 0644);
  ~Canary();
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;

  const std::string& directory() const { return directory_; }
  const std::string& path() const { return path_; }
  const std::string& secret() const { return secret_; }
  // Whether the file and its directory are unchanged.
  bool untouched() const;

 private:
  std::string directory_, path_, secret_;
};

// A sandbox whose program holds something until the end of its standard input.
class Held {
 public:
  // Returns when the program has said "ready", or has ended.
  explicit Held(const std::vector<std::string>& words, const cloche::Spec& spec = hostile_spec());
  ~Held();
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  // Its output so far.
  std::string output();
  // Waits until it has printed `text`; false if it has not after a minute.
  bool says(const std::string& text);
  // Ends its standard input and waits for its end.
  cloche::Result release();

 private:
  cloche::Sandbox sandbox_;
  cloche::UniqueFd input_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_;
  bool ended_ = false;
  cloche::Result result_;
  std::thread thread_;
};

// The processes of this host with `marker` among their arguments.
std::vector<pid_t> processes_with(const std::string& marker);
// The fields of /proc/PID/status, seen from outside.
std::map<std::string, std::string> status_of(pid_t pid);
