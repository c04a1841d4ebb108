// System calls that the seccomp filter leaves to init.
#pragma once

#include "sandbox/init/world.h"
#include "sandbox/protocol.h"

namespace cloche::init {

class Denials {
 public:
  explicit Denials(const World& world) : world_(world) {}
  ~Denials();
  Denials(const Denials&) = delete;
  Denials& operator=(const Denials&) = delete;

  // In the child that becomes the program: puts the filter in force. False: errno says why.
  bool filter();
  // Becomes readable when a call waits for its answer; -1 without a listener.
  int fd() const { return listener_; }
  // Answers one call. False if the run must end for it.
  bool answer(protocol::Ended& ended);
  // Closes the listener: no process is left that could ask.
  void hang_up();

 private:
  const World& world_;
  int listener_ = -1;
};

}  // namespace cloche::init
