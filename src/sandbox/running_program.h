// A program of a sandbox from its start to its Result.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string_view>

#include "cloche/sandbox.h"
#include "sandbox/cgroup/group.h"
#include "sandbox/session.h"
#include "sandbox/supervise.h"

namespace cloche {

// A program starts with this and its Command.
struct Start {
  Limits limits;
  std::map<LimitKind, Mechanism> enforced_by;
  std::unique_ptr<cgroup::RunGroup> group;  // null without control groups
};

class RunningProgram {
 public:
  // Prepares a program; `session` and `command` must outlive it, `session` unless it closes. With
  // `controlled`, request() may be called. Throws Error by errno.
  RunningProgram(InitSession& session, const Command& command, Start start, bool controlled);
  // Ends the program if it still runs.
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // Sends `exec` (an Exec message) to init.
  void start(std::string_view exec);

  // As of Supervisor, and turn() too. If that throws, the program is ended.
  int fd() const { return supervisor_.fd(); }
  bool turn(int timeout);
  void request(unsigned char what) { supervisor_.request(what); }
  void serve_requests();
  void answer(std::string_view bytes) { supervisor_.answer(bytes); }
  void put(std::string_view message, int content) { supervisor_.put(message, content); }
  // Of the sandbox, until turn() has returned true. Throws Error usage after that.
  InitSession& session() const;

  // Once, after turn() has returned true.
  Result take_result();

  // The sandbox is going, and init with everything inside is gone.
  void sandbox_closed();

 private:
  void leave();

  InitSession* session_;  // null once the program has ended
  const Command& command_;
  Start start_;
  Supervisor supervisor_;
  std::optional<Result> result_;
  const char* no_result_ = nullptr;  // why there will be no result
};

}  // namespace cloche
