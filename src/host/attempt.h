// Tries an operation in a child, because its success or failure would change the calling process.
#pragma once

#include <functional>
#include <string>

namespace cloche::host {

// The progress of a trial. It lies in memory that parent and child share, so it also shows at which
// step a seccomp filter killed the child.
struct Attempt {
  const char* step = "";  // the last step that was tried: "mount a tmpfs"
  int errnum = 0;         // why that step failed; 0 if all went well
  int signal = 0;         // the signal that ended the child, if any
  int value = 0;          // the answer of a trial that asks for a number

  bool good() const { return errnum == 0 && signal == 0; }
  // "mount a tmpfs: Operation not permitted".
  std::string words() const;
};

// Runs `work` in a child and waits for it. `work` sets `step` before each operation and returns
// false, with errno set, when one fails. The caller may have threads, so `work` must neither
// allocate nor take locks: it makes system calls only.
Attempt attempt(const std::function<bool(Attempt&)>& work);

}  // namespace cloche::host
