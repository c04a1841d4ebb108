// Supervises one run from the launcher: init, time, verdict.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string_view>

#include "cloche/sandbox.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/protocol.h"
#include "sandbox/streams.h"
#include "sandbox/wait_set.h"
#include "util/fd.h"

namespace cloche {

// The sandbox in which a run happens.
struct Supervised {
  int socket;                     // to init
  int pidfd;                      // of init
  const cgroup::RunGroup* group;  // null without control groups
};

// The facts of a run, before the verdict.
struct Supervision {
  protocol::Ended ended{};
  std::optional<cgroup::Usage> usage;  // of its control group
  Stream out, err;
  std::optional<std::chrono::nanoseconds> first_output, last_output;  // after its start
  int output_killed = 0;    // the launcher ended it: too much output on descriptor 1 or 2
  bool cpu_killed = false;  // the launcher ended it: too much CPU time in its control group
  bool cancelled = false;   // the launcher ended it: on the caller's demand
  bool init_lost = false;   // init did not answer in time and was killed
};

// Serves a run until init reports its end. It bounds the output and never waits for output after
// the program's end.
//
// Writing to a program that has closed its standard input raises SIGPIPE: hold a HoldBrokenPipe
// around turn().
class Supervisor {
 public:
  // Prepares a run; `what`, `command` and `limits` must outlive it. With `controlled`, request()
  // may be called. Throws Error by errno.
  Supervisor(const Supervised& what, const Command& command, const Limits& limits, bool controlled);

  // Sends `exec` (an Exec message) to init.
  void start(std::string_view exec);

  // Readable when turn() has something to do, and when the run is over.
  int fd() const { return set_.fd(); }

  // Waits for at most `timeout` milliseconds, -1 for as long as it takes, and does what there is to
  // do. True: the run is over. Throws Error if it could not be started.
  bool turn(int timeout);
  bool over() const { return over_; }

  // A signal for the program, or kCancel. Any thread may call it.
  void request(unsigned char what);
  static constexpr unsigned char kCancel = 0;
  // Does now what was requested.
  void serve_requests();

  // Adds to the answers of the channel.
  void answer(std::string_view bytes);

  // Has init take a file while the program runs.
  void put(std::string_view message, int content);

  // Ends the run without serving it. False: init did not answer, and was killed.
  bool abandon() noexcept;
  // Closes the run's descriptors: init is gone.
  void close() noexcept;

  // Of a run that is over.
  Supervision take();

 private:
  void watch();
  void serve(std::uint32_t ready);
  void look_at_cpu();
  void pass_signals(UniqueFd& from, bool own);
  void hear(protocol::Type type, std::string_view body);
  void finish();
  void end();
  void cancel();
  void kill();
  void lose_init();

  using Clock = WaitSet::Clock;
  const Supervised what_;
  const Limits& limits_;
  WaitSet set_;
  Streams streams_;
  Supervision outcome_;
  std::optional<protocol::Failed> not_started_;
  UniqueFd cancel_, signals_, control_, requests_;
  std::atomic<bool> cancel_requested_ = false;
  Clock::time_point deadline_ = Clock::time_point::max(), next_cpu_look_ = Clock::time_point::max();
  bool killed_ = false, over_ = false, finished_ = false, warned_ = false;
};

// Keeps SIGPIPE from the calling thread, and removes one that arrives meanwhile.
class HoldBrokenPipe {
 public:
  HoldBrokenPipe();
  ~HoldBrokenPipe();
  HoldBrokenPipe(const HoldBrokenPipe&) = delete;
  HoldBrokenPipe& operator=(const HoldBrokenPipe&) = delete;

 private:
  sigset_t signal_, before_;
  bool was_pending_;
};

// The Result of a Supervision: the limit, if any, that ended the run, and the used resources.
Result judge(Supervision facts, const Limits& limits);

}  // namespace cloche
