// Observes the processes of this host from outside of any sandbox.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

// Whether any process but `except` has `marker` among its arguments.
bool any_process_with(const std::string& marker, pid_t except = 0);

// The processes that `parent` started.
std::vector<pid_t> children_of(pid_t parent);

// The name that a process was started by: its argv[0] without directories. Empty if it is gone.
std::string name_of(pid_t pid);

// Waits until the kernel makes a condition true, for at most five seconds of fair time (elapsed.h).
bool comes_true(const std::function<bool()>& condition);
