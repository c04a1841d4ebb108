// What runs on this host, seen from outside any sandbox.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

// Whether any process but `except` has `marker` among its arguments.
bool any_process_with(const std::string& marker, pid_t except = 0);

// Waits for a condition that the kernel brings about, for at most five seconds.
bool comes_true(const std::function<bool()>& condition);
