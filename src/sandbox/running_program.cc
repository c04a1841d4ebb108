#include "sandbox/running_program.h"

#include "cloche/error.h"

namespace cloche {

RunningProgram::RunningProgram(InitSession& session, const Command& command, Start start,
                               bool controlled)
    : session_(&session),
      command_(command),
      start_(std::move(start)),
      supervisor_({session.init.socket.get(), session.init.pidfd.get(), start_.group.get()},
                  command_, start_.limits, controlled) {}

RunningProgram::~RunningProgram() {
  if (session_ == nullptr || session_->running != this) return;
  if (!supervisor_.abandon()) session_->usable = false;
  leave();
}

void RunningProgram::start(std::string_view exec) {
  try {
    supervisor_.start(exec);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::internal) session_->usable = false;
    throw;
  }
  session_->running = this;
}

bool RunningProgram::turn(int timeout) {
  if (result_) return true;
  if (no_result_ != nullptr)
    throw Error(ErrorKind::usage, std::string("wait for a program: ") + no_result_);
  try {
    if (!supervisor_.turn(timeout)) return false;
    Supervision facts = supervisor_.take();
    if (facts.init_lost) session_->usable = false;
    if (start_.group) facts.usage = start_.group->usage();
    result_ = judge(std::move(facts), start_.limits);
    result_->enforced_by = std::move(start_.enforced_by);
  } catch (...) {
    no_result_ = "it failed before";
    if (!supervisor_.abandon()) session_->usable = false;
    leave();
    throw;
  }
  leave();
  return true;
}

void RunningProgram::serve_requests() {
  if (session_ == nullptr) return;
  try {
    supervisor_.serve_requests();
  } catch (const Error&) {
    // init is gone. The next turn says so.
  }
}

InitSession& RunningProgram::session() const {
  if (session_ == nullptr)
    throw Error(ErrorKind::usage, "put a file beside a program: the program has ended");
  return *session_;
}

Result RunningProgram::take_result() {
  Result result = std::move(*result_);
  result_.reset();
  no_result_ = "its result was taken already";
  return result;
}

void RunningProgram::sandbox_closed() {
  supervisor_.close();
  no_result_ = "its sandbox was closed while it ran";
  leave();
}

// Gives back what the run holds of the sandbox.
void RunningProgram::leave() {
  start_.group.reset();
  session_->running = nullptr;
  session_ = nullptr;
}

}  // namespace cloche
