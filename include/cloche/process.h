// A program that runs in a sandbox while its caller does other things. Included by sandbox.h.
//
//   cloche::Process process = box.start(command);
//   process.put("next.txt", "input");                // while it runs
//   if (!process.wait_until(std::chrono::steady_clock::now() + 1s)) process.signal(SIGTERM);
//   cloche::Result result = process.wait();
//
// In an event loop, poll fd() for reading, and call advance() when it is readable:
//
//   if (sources[0].revents != 0 && process.advance()) use(process.wait());
//
// cloche starts no thread. The caller's thread serves the program in advance(), wait_until() and
// wait(): it reads the output, answers the channel, copies the input, passes signals, and calls the
// functions of the Command. Between these calls the program goes on, and waits when a pipe is full
// (64 KiB). Limits::wall_time and the kernel's limits hold all the time; Limits::stdout_bytes and
// stderr_bytes, and Limits::cpu_time with a control group, are looked at in these calls only.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>

namespace cloche {

struct Result;

// Movable. Its functions may be called from one thread at a time, kill() and signal() from any. A
// moved-from Process can only be destroyed or assigned to.
//
// Destroying a Process ends a program that still runs: all its processes are killed, none of the
// Command's functions is called, and the sandbox can be used again. That takes as long as the
// kernel needs to kill them. An init that does not report it within 30 s is killed; the sandbox
// must then not be used again. Neither the Process nor its Sandbox may be destroyed or closed by a
// function of the Command.
class Process {
 public:
  ~Process();
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;

  // Readable, for poll(2), select(2) and epoll(7), when advance() has something to do, and at all
  // times after the end. It belongs to the Process: do not read, change or close it.
  int fd() const;

  // Does what can be done without waiting, at most 64 KiB of each stream. Returns whether the
  // program has ended, so that wait() returns at once.
  //
  // This function, wait_until() and wait() throw Error if the program could not be started for
  // another reason than Status::not_started (WorkDirError among them), and if the sandbox itself
  // fails (ErrorKind::internal: it must then not be used again). An exception of one of the
  // Command's functions comes out of them too. After any of these the program is ended and has no
  // Result: later calls throw Error usage.
  bool advance();

  // Serves the program until it ends, at most until `deadline`. Returns whether it has ended.
  bool wait_until(std::chrono::steady_clock::time_point deadline);

  // Serves the program until it ends, and kills whatever it left behind. The result is given once:
  // a second call throws Error usage, and so does a call from one of the Command's functions or
  // after the Sandbox was closed while the program ran.
  Result wait();

  // Ends the program with all its processes: Status::cancelled. The end itself is told by
  // advance(), wait_until() and wait(). Does nothing after the end.
  void kill();

  // Sends a signal, 1 to 64, to the program's first process; it may catch or ignore it. Nothing
  // arrives after the end. Throws Error usage for another number, and system when 65,536 signals
  // wait to be passed because no thread serves the program.
  void signal(int number);

  // Adds bytes to the answers of the Command's Channel, which need not answer anything: a program
  // that waits for them goes on. They are kept until the program reads them. May be called by a
  // function of the Command. Does nothing without a channel, when its answers are closed, or after
  // the end.
  void answer(std::string_view bytes);

  // As Sandbox::put, while the program runs: other calls of a Sandbox must wait for its end. The
  // file appears at once and whole: a program that looks for it finds nothing, an older file of
  // that name, or all of `content`. Waits for init to have it done, and may be called by a function
  // of the Command. Throws Error usage after the end, else as Sandbox::put.
  void put(std::string_view path, std::string_view content, unsigned mode = 0644);

 private:
  friend class Sandbox;
  class Impl;
  explicit Process(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cloche
