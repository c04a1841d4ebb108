// Makes one chosen system call of a run fail, by ptrace(2). This imitates a host that runs out of
// memory or forbids an operation at the worst moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

// The process whose calls are counted.
enum class Role {
  launcher,  // the command `cloche`
  init,      // from its clone3 on, in the launcher's memory until its exec
  program,   // init's child, until the program is executed
};
inline constexpr int kRoles = 3;

struct Fault {
  Role role;
  std::size_t index;  // of the call among those of the role, from 0
  int error;          // errno that it fails with, without being carried out
};

struct Traced {
  int status = -1;  // exit status, or 128 + the signal that ended it
  std::string out, err;
  bool hung = false;         // it had to be killed
  bool left_behind = false;  // a process of it lived on for seconds
  bool injected = false;     // the call was reached
  std::string call;          // the name of the call that failed
  std::vector<std::string> calls[kRoles];
};

// Runs the built `cloche` with these arguments, its standard input empty.
Traced trace_cloche(const std::vector<std::string>& arguments,
                    const std::optional<Fault>& fault = std::nullopt);
