// The supervision of one execution.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "sandbox/init/denials.h"
#include "sandbox/init/incoming.h"
#include "sandbox/init/measure/sampler.h"
#include "sandbox/protocol.h"

namespace cloche::init {

// The use of all children that were waited for: getrusage(2).
struct ChildrenUse {
  std::uint64_t user_ns, system_ns;
  std::uint64_t read_blocks, written_blocks;
  std::uint64_t voluntary, involuntary;

  static ChildrenUse now();
  std::uint64_t cpu_ns() const { return user_ns + system_ns; }
};

// Waits for one child as waitpid(2) does. Notes in `ended` the largest peak of memory of it and its
// own children, and the program's wait status.
pid_t reap_one(pid_t program, int options, protocol::Ended& ended);

class Watch {
 public:
  // `incoming` takes files that are put inside meanwhile; `signals` is a signalfd for SIGCHLD;
  // `begin` the time before the program was executed.
  Watch(const World& world, const protocol::Exec& exec, Denials& denials, IncomingFile& incoming,
        pid_t program, int signals, std::uint64_t begin);

  // Returns when the program has ended or must end. A file may still be on its way in then.
  void run(protocol::Ended& ended);

 private:
  std::uint64_t shortest_interval() const;
  bool reap(protocol::Ended& ended);
  bool look(protocol::Ended& ended);
  std::uint64_t pause(std::uint64_t memory, std::uint64_t cost);
  bool enough_cpu(std::uint64_t living, protocol::Ended& ended);
  void warn(protocol::Ended& ended);
  bool wait_for_news(std::uint64_t until, protocol::Ended& ended);
  bool hear_launcher(protocol::Ended& ended);
  void send_signal(int number);

  const protocol::Exec& exec_;
  Denials& denials_;
  IncomingFile& incoming_;
  Sampler& sampler_;
  const bool measure_;  // CPU time and memory are measured here, and not by a control group
  const pid_t program_;
  const int signals_;
  const std::uint64_t begin_;
  const ChildrenUse before_ = ChildrenUse::now();
  std::uint64_t last_look_ = begin_, last_memory_ = 0;
  std::uint64_t next_look_ = 0;
  std::uint64_t sampled_cpu_ = 0;
};

}  // namespace cloche::init
