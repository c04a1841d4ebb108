// The data of a run: standard streams and the channel, seen from the launcher.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloche/sandbox.h"
#include "sandbox/wait_set.h"
#include "util/fd.h"

namespace cloche {

// Slots of the WaitSet of a run.
enum Slot : unsigned {
  kSlotOut,
  kSlotErr,
  kSlotEvents,
  kSlotAnswers,
  kSlotStdin,
  kSlotSource,
  kSlotSocket,
  kSlotCancel,
  kSlotSignal,
  kSlotControl,
};

inline bool is_ready(std::uint32_t ready, Slot slot) {
  return (ready >> slot & 1) != 0;
}

void set_nonblocking(int fd);

// A copy of a descriptor of the caller's, who may give the same one for several purposes; none for
// -1.
UniqueFd copy_of(int fd);

class Streams {
 public:
  // Both must outlive it. Throws Error by errno.
  Streams(const Command& command, const Limits& limits, WaitSet& set);

  // The program's ends: input, output, errors, then answers and events if there is a channel.
  std::vector<int> inner_ends() const;
  // They are the program's now. Times count from `begin`.
  void begin(WaitSet::Clock::time_point begin);

  // Says in the WaitSet what there is to wait for.
  void watch();
  // Reads and writes once each stream that is ready. Calls the Command's functions.
  void serve(std::uint32_t ready);
  // Adds to the answers of the channel, if these are open.
  void answer(std::string_view bytes);
  // The program has ended: reads what is left, and never waits for more.
  void finish();
  // Closes everything.
  void close();

  // 1 or 2: that stream was written more than its limit, which is to end the run. Else 0.
  int overfull() const { return overfull_; }

  Stream out, err;
  std::optional<std::chrono::nanoseconds> first_output, last_output;  // from the beginning

 private:
  void drop(Slot slot, UniqueFd& fd);
  void take(Slot slot, UniqueFd& from, int number);
  void keep(int number, std::string_view bytes);
  void drain();
  void drain(Slot slot, UniqueFd& from, int number);
  int hear_events();
  void write_answers();
  void close_answers();
  void feed();
  void ask();
  bool answering() const { return answers_ && !pending_answers_.empty(); }

  const Command& command_;
  const Limits& limits_;
  WaitSet& set_;
  UniqueFd inner_in_, inner_out_, inner_err_, inner_answers_, inner_events_;
  UniqueFd out_, err_, stdin_, source_, events_, answers_;
  std::string pending_input_, pending_answers_;
  WaitSet::Clock::time_point begin_;
  int overfull_ = 0;
};

}  // namespace cloche
