// Trying something in a child, because success or failure would change the one who tries.
#pragma once

#include <functional>
#include <string>

namespace cloche::host {

// How far a trial came. Lies in memory that parent and child share, so it also tells where a
// seccomp filter killed the child.
struct Attempt {
  const char* step = "";  // what was tried last: "mount a tmpfs"
  int errnum = 0;         // why that failed; 0 if all went well
  int signal = 0;         // the signal that ended the child, if any
  int value = 0;          // what a trial that asks for a number was told

  bool good() const { return errnum == 0 && signal == 0; }
  // "mount a tmpfs: Operation not permitted".
  std::string words() const;
};

// Runs `work` in a child and waits for it. `work` sets `step` before each thing it does and returns
// false, with errno set, when one fails. The caller may have threads, so `work` must neither
// allocate nor take locks: system calls only.
Attempt attempt(const std::function<bool(Attempt&)>& work);

}  // namespace cloche::host
