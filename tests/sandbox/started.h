// Helpers of the tests that start a program and do not wait for it.
#pragma once

#include <poll.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cloche/error.h"
#include "cloche/sandbox.h"
#include "fixture.h"

// The kind of Error that `call` throws.
template <typename Call>
std::optional<cloche::ErrorKind> refused(Call call) {
  try {
    call();
    return std::nullopt;
  } catch (const cloche::Error& error) {
    return error.kind();
  }
}

// Serves `process` until its program has said `text`.
inline void serve_until_said(cloche::Process& process, const std::string& seen,
                             const std::string& text) {
  while (seen.find(text) == seen.npos &&
         !process.wait_until(std::chrono::steady_clock::now() + std::chrono::milliseconds(1))) {
  }
}

// A command that adds its output to `seen`.
inline cloche::Command speaking(std::vector<std::string> arguments, std::string& seen) {
  cloche::Command command = probe(std::move(arguments));
  command.on_output = [&seen](int, std::string_view bytes) { seen += bytes; };
  return command;
}

inline bool readable(int fd) {
  pollfd source{fd, POLLIN, 0};
  return ::poll(&source, 1, 0) == 1;
}
