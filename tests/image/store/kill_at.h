// Kills a process at a chosen system call.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace cloche::image::test {

// The system calls that count: all, or those that can change a directory or a file's mode.
enum class Calls { all, changing };

// Runs `work` in a child process and kills it (SIGKILL) at the entry to its system call number
// `index`, counted from 0, before the kernel carries the call out. Returns the name of the call.
// Empty if `work` ended earlier, which must be with status 0. Processes that the child starts are
// not stopped.
std::string kill_at(std::size_t index, Calls calls, const std::function<int()>& work);

}  // namespace cloche::image::test
