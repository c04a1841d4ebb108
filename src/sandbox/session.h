// A sandbox's init, as the sandbox and the program that runs in it share it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sandbox/launch/launch.h"
#include "sandbox/protocol.h"

namespace cloche {

class RunningProgram;

class InitSession {
 public:
  Launched init;
  std::string work_dir;
  bool usable = true;                 // not after a failure in the middle of a message
  RunningProgram* running = nullptr;  // at most one

  int socket() const { return init.socket.get(); }
  // Throws Error internal after such a failure.
  void require_usable() const;
  // Throws the same, and Error busy while a program runs.
  void require_idle(const char* tried) const;

  // The absolute path of a file inside. Throws Error usage if `path` is empty.
  std::string inside(std::string_view path) const;

  // Has init do something with a file, while no program runs.
  void ask(protocol::Type type, std::string_view body, int file);
  // Sandbox::put.
  void put(std::string_view path, std::string_view content, unsigned mode);

 private:
  template <typename Talk>
  void guarded(Talk talk);
};

}  // namespace cloche
